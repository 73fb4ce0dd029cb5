// random.js FIRST N [VERSION...]: tables of random types, written by LanceDB and
// read by lanceio, by the seeds FIRST to FIRST + N - 1.
//
// A table has up to three columns of types that nest up to three deep, with or
// without nulls, many or few different values, and the metadata that chooses
// encodings.  `scan` has to give back the rows that were written, and `take` some
// of them.  LanceDB refuses to write some, fails to read others, and loses some:
// what it says is shown beside.  Exit code 1 if lanceio has not the rows of a
// table and LanceDB has.
//
// The environment is that of lancedb.js, with the command in $LANCEIO.
'use strict'
const { spawnSync } = require('child_process')
const fs = require('fs')
const os = require('os')
const path = require('path')
const arrow = require('apache-arrow')
const lancedb = require('@lancedb/lancedb')
const { linesOf, sameRow } = require('./rows.js')
const { tableOf } = require('./arrays.js')
const Type = arrow.Type

// -- numbers ------------------------------------------------------------------

// Marsaglia's xorshift, of 32 bits.
let state
function start (seed) {
  state = (seed * 2654435761 ^ 0x9e3779b9) >>> 0 || 1
  for (let i = 0; i < 8; i++) draw()
}

function draw () {
  state ^= state << 13
  state ^= state >>> 17
  state = (state ^ state << 5) >>> 0
  return state / 2 ** 32
}

const below = n => Math.floor(draw() * n)
const chance = p => draw() < p
const pick = list => list[below(list.length)]

// -- types --------------------------------------------------------------------

const plain = () => pick([
  new arrow.Int8(), new arrow.Int16(), new arrow.Int32(), new arrow.Int64(), new arrow.Uint8(), new arrow.Uint64(),
  new arrow.Float16(), new arrow.Float32(), new arrow.Float64(), new arrow.Bool(), new arrow.Utf8(), new arrow.LargeUtf8(),
  new arrow.Binary(), new arrow.LargeBinary(), new arrow.FixedSizeBinary(pick([1, 3, 16, 200])),
  new arrow.Decimal(2, 20, 128), new arrow.DateDay(), new arrow.TimestampMicrosecond(), new arrow.DurationSecond(),
  new arrow.TimeMicrosecond()
])

const dictionary = () => new arrow.Dictionary(
  pick([new arrow.Utf8(), new arrow.LargeUtf8(), new arrow.Binary(), new arrow.Int16(), new arrow.Int64(), new arrow.Float32(),
    new arrow.Float64(), new arrow.Bool(), new arrow.Decimal(2, 20, 128)]),
  pick([new arrow.Int8(), new arrow.Uint8(), new arrow.Int16(), new arrow.Int32(), new arrow.Int64(), new arrow.Uint32()]))

const packed = new WeakSet()

function metadata (type) {
  const map = new Map()
  if (packed.has(type)) map.set('lance-encoding:packed', 'true')
  if (chance(0.2)) map.set('lance-encoding:compression', pick(['none', 'lz4', 'zstd', 'fsst']))
  if (chance(0.1)) map.set('lance-encoding:structural-encoding', pick(['miniblock', 'fullzip']))
  if (chance(0.1)) map.set('lance-encoding:bss', pick(['on', 'auto', 'off']))
  if (chance(0.1)) map.set('lance-encoding:rle-threshold', pick(['0.9', '0.1']))
  return map
}

function fieldOf (name, type, nullable) {
  return new arrow.Field(name, type, nullable || type.typeId === Type.Null, metadata(type))
}

const fieldsOf = (n, make) => Array.from({ length: n }, (_, i) => make(`f${i}`))

function structOf (depth, version) {
  return new arrow.Struct(fieldsOf(below(4), name => fieldOf(name, typeOf(depth, version), chance(0.7))))
}

// Of what has no nulls: LanceDB packs no others.
function packedOf () {
  const inner = () => chance(0.3)
    ? new arrow.FixedSizeList(pick([1, 2, 5]), new arrow.Field('item', plain(), chance(0.3)))
    : chance(0.25) ? new arrow.Struct(fieldsOf(1 + below(2), name => new arrow.Field(name, plain(), false))) : plain()
  const type = new arrow.Struct(fieldsOf(1 + below(3), name => new arrow.Field(name, inner(), false)))
  packed.add(type)
  return type
}

function fixedListOf () {
  const item = chance(0.3)
    ? new arrow.FixedSizeList(2, new arrow.Field('item', plain(), chance(0.5)))
    : chance(0.1) ? new arrow.Null() : plain()
  return new arrow.FixedSizeList(pick([1, 2, 3, 8, 70]), new arrow.Field('item', item, chance(0.5) || item.typeId === Type.Null))
}

function pairListOf (depth, version) {
  const pair = new arrow.Struct([fieldOf('a', typeOf(depth, version), chance(0.7)), fieldOf('b', plain(), chance(0.5))])
  return new arrow.FixedSizeList(1 + below(3), new arrow.Field('item', pair, chance(0.6)))
}

function mapOf (depth, version) {
  const entry = new arrow.Struct([new arrow.Field('key', new arrow.Utf8(), false), fieldOf('value', typeOf(depth, version), chance(0.7))])
  return new arrow.Map_(new arrow.Field('entries', entry, false))
}

function typeOf (depth, version) {
  const at = draw()
  if (depth > 0 && at < 0.18) return new arrow.List(fieldOf('item', typeOf(depth - 1, version), chance(0.7)))
  if (depth > 0 && at < 0.32) return structOf(depth - 1, version)
  if (depth > 0 && at < 0.36 && version !== '2.1') return packedOf()
  if (depth > 0 && at < 0.44) return fixedListOf()
  if (depth > 0 && at < 0.48 && version === '2.2') return mapOf(depth - 1, version)
  if (depth > 0 && at < 0.52 && version === '2.2') return pairListOf(depth - 1, version)
  if (at < 0.6) return dictionary()
  if (at < 0.62) return new arrow.Null()
  return plain()
}

// -- values -------------------------------------------------------------------

// How the values of a column are: all null, all the same, long, in long lists.
const manner = () => ({
  nulls: pick([0, 0, 0.05, 0.5, 1]),
  distinct: pick([1, 3, 50, 1000000]),
  length: pick([0, 3, 20, 20, 300, 2000]),
  items: pick([0, 1, 3, 3, 20])
})

function textOf (number, how) {
  const n = how.distinct < 1000000 ? number % (how.length + 1) : below(how.length + 1)
  return `v${number}-${'lorem ipsum '.repeat(Math.ceil(n / 12))}`.slice(0, n)
}

function plainOf (type, how) {
  const number = below(how.distinct)
  switch (type.typeId) {
    case Type.Int: return type.bitWidth === 64 ? BigInt(number) * 1000003n : Math.min(number, 100)
    case Type.Float: return [0x3c00 + number % 1000, Math.fround(number / 8), number / 7][type.precision]
    case Type.Bool: return number % 2 === 0
    case Type.Utf8:
    case Type.LargeUtf8: return textOf(number, how)
    case Type.Binary:
    case Type.LargeBinary: return Buffer.from(textOf(number, how))
    case Type.FixedSizeBinary: return Buffer.alloc(type.byteWidth, String(number))
    default: return number
  }
}

function valueOf (field, how) {
  const type = field.type
  const item = type.children && type.children[0]
  const many = n => Array.from({ length: n }, () => valueOf(item, how))
  if (type.typeId === Type.Null || (field.nullable && chance(how.nulls))) return null
  switch (type.typeId) {
    case Type.List: return many(below(how.items + 1))
    case Type.Map: return many(below(how.items + 1))
    case Type.FixedSizeList: return many(type.listSize)
    case Type.Struct: return Object.fromEntries(type.children.map(child => [child.name, valueOf(child, how)]))
    case Type.Dictionary: return plainOf(type.dictionary, { ...how, distinct: Math.min(how.distinct, 50), length: Math.min(how.length, 300) })
    default: return plainOf(type, how)
  }
}

function columnOf (name, version, rows) {
  const field = fieldOf(name, typeOf(3, version), chance(0.7))
  const how = manner()
  return { field, values: Array.from({ length: rows }, () => valueOf(field, how)) }
}

// -- reading ------------------------------------------------------------------

function lanceio (verb, table, options) {
  const run = spawnSync(process.env.LANCEIO, [verb, table, '--raw', '--format', 'ndjson', '--quiet', '--no-engine', ...options],
    { maxBuffer: 2 ** 30 })
  return run.status === 0 ? { lines: String(run.stdout).trimEnd().split('\n') } : { error: String(run.stderr).trim() }
}

function compare (got, wanted) {
  if (got.error) return got.error
  const same = got.lines.length === wanted.length && wanted.every((line, i) => sameRow(line, got.lines[i]))
  return same ? 'equal' : 'other rows'
}

function readOurs (table, wanted) {
  const some = Array.from({ length: Math.min(20, wanted.length) }, () => below(wanted.length))
  const scanned = compare(lanceio('scan', table, []), wanted)
  if (scanned !== 'equal') return scanned
  const taken = compare(lanceio('take', table, ['--rows', some.join(',')]), some.map(row => wanted[row]))
  return taken === 'equal' ? 'equal' : `take: ${taken}`
}

async function readTheirs (table, wanted) {
  try {
    const rows = await table.query().toArrow()
    return compare({ lines: rows.batches.flatMap(batch => [...linesOf(batch)]) }, wanted)
  } catch (error) {
    return String(error.message).replace(/\s+/g, ' ').slice(0, 120)
  }
}

// -- all ----------------------------------------------------------------------

async function one (folder, seed, version) {
  start(seed)
  const rows = pick([1, 7, 300, 1025, 3000])
  const columns = Array.from({ length: 1 + below(3) }, (_, i) => columnOf(`c${i}`, version, rows))
  const name = `seed${seed}`
  let table, wanted
  try {
    const made = tableOf(columns)
    wanted = made.batches.flatMap(batch => [...linesOf(batch)])
    const connection = await lancedb.connect(folder)
    table = await connection.createTable(name, made, { storageOptions: { newTableDataStorageVersion: version } })
  } catch (error) {
    return { said: 'not written' }
  }
  const found = {
    ours: readOurs(path.join(folder, `${name}.lance`), wanted),
    theirs: await readTheirs(table, wanted),
    types: columns.map(({ field }) => String(field.type)).join(' | ')
  }
  fs.rmSync(path.join(folder, `${name}.lance`), { recursive: true })
  return found
}

async function main (first, n, versions) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lanceio-random-'))
  const counts = { 'not written': 0, both: 0, 'lanceio alone': 0, neither: 0, 'LanceDB alone': 0 }
  for (let seed = first; seed < first + n; seed++) {
    const version = versions[seed % versions.length]
    const { said, ours, theirs, types } = await one(folder, seed, version)
    const what = said || (ours === 'equal'
      ? (theirs === 'equal' ? 'both' : 'lanceio alone')
      : (theirs === 'equal' ? 'LanceDB alone' : 'neither'))
    counts[what]++
    if (what === 'LanceDB alone' || what === 'neither') console.log(`seed ${seed}, ${version}: ${types}\n  lanceio: ${ours}\n  LanceDB: ${theirs}`)
  }
  fs.rmSync(folder, { recursive: true })
  console.log(Object.entries(counts).map(([what, count]) => `${what} ${count}`).join(', '))
  return counts['LanceDB alone'] > 0 ? 1 : 0
}

const [first, n, ...versions] = process.argv.slice(2)
main(Number(first), Number(n), versions.length > 0 ? versions : ['2.0', '2.1', '2.2']).then(code => { process.exitCode = code })
