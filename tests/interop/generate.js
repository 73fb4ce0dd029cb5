// Tables by chance, from a seed: types that nest, with or without nulls, many or
// few different values, and the metadata that chooses encodings.
'use strict'
const arrow = require('apache-arrow')
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

module.exports = { start, draw, below, chance, pick, manner, valueOf, columnOf }
