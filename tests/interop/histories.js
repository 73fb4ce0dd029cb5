// histories.js FIRST N [VERSION...]: tables to which LanceDB does this and that,
// read by lanceio after each step, by the seeds FIRST to FIRST + N - 1.
//
// A table begins with an id, some columns of plain types and some of random ones,
// made by LanceDB, or by lanceio.  Then come up to STEPS_MAX steps by chance:
// rows are appended (also by lanceio), deleted, updated, merged; columns are
// added, renamed, cast, dropped; fragments are put together, indices built, old
// versions cleaned up or restored, tags and branches made.  After each step
// lanceio has to have LanceDB's schema and rows, by scan, in ranges of rows, some
// columns of them, their ids, and by take; at the end those of every version, tag
// and branch that LanceDB still has.  A step that LanceDB refuses is none.  Exit
// code 1 if anything differs; its table stays, to be looked at.
//
// The environment is that of lancedb.js, with the command in $LANCEIO.
'use strict'
const fs = require('fs')
const os = require('os')
const path = require('path')
const arrow = require('apache-arrow')
const lancedb = require('@lancedb/lancedb')
const { linesOf, projected, describe, describeInspected } = require('./rows.js')
const { tableOf } = require('./arrays.js')
const { start, below, chance, pick, manner, valueOf, columnOf } = require('./generate.js')
const { run, lanceio, compare } = require('./ours.js')
const Type = arrow.Type

const STEPS_MAX = 12
const TRIES = 3 // of what LanceDB refuses

// -- rows to write ------------------------------------------------------------

const plain = [
  ['n', new arrow.Int32(), true], ['x', new arrow.Float64(), true], ['name', new arrow.Utf8(), true],
  ['flag', new arrow.Bool(), true], ['small', new arrow.Int16(), false],
  ['point', new arrow.Struct([new arrow.Field('a', new arrow.Int32(), true), new arrow.Field('b', new arrow.Utf8(), true)]), false]
]

function beginning (version, rows) {
  const fields = [new arrow.Field('id', new arrow.Int64(), false),
    ...plain.filter(() => chance(0.8)).map(([name, type, nullable]) => new arrow.Field(name, type, nullable))]
  const random = Array.from({ length: below(3) }, (_, i) => columnOf(`c${i}`, version, rows)).filter(({ field }) => !isHollow(field.type))
  return [...columnsOf(fields, ids(0, rows)), ...random]
}

// LanceDB loses columns beside structs without fields.
function isHollow (type) {
  const fields = type.children || []
  return (type.typeId === Type.Struct && fields.length === 0) || fields.some(field => isHollow(field.type))
}

const ids = (from, n) => Array.from({ length: n }, (_, i) => BigInt(from + i))

// New values for these fields; each row has its id.
function columnsOf (fields, ids) {
  return fields.map(field => {
    const how = manner()
    return { field, values: field.name === 'id' ? ids : ids.map(() => valueOf(field, how)) }
  })
}

function shuffled (list) {
  const rest = [...list]
  return list.map(() => rest.splice(below(rest.length), 1)[0])
}

// -- what LanceDB has ---------------------------------------------------------

async function rowsOf (table, options = {}) {
  const query = table.query()
  const rows = options.withRowId ? query.withRowId() : query
  const batches = []
  for await (const batch of await rows.execute()) batches.push(batch)
  return batches
}

const linesOfAll = batches => batches.flatMap(batch => [...linesOf(batch)])

// -- steps --------------------------------------------------------------------
//
// Each is given what there is of the table, and throws what LanceDB says.

async function fieldsOf (it) {
  return (await it.table.schema()).fields
}

async function plainFields (it, test) {
  return (await fieldsOf(it)).filter(field => field.name !== 'id' && test(field.type))
}

const isInt = type => type.typeId === Type.Int && type.bitWidth >= 16
const isFloat = type => type.typeId === Type.Float && type.precision > 0
const isString = type => type.typeId === Type.Utf8
const isSimple = type => isInt(type) || isFloat(type) || isString(type) || type.typeId === Type.Bool
const quoted = name => '`' + name + '`'

// A condition that some rows fulfil.
async function condition (it) {
  const nullable = (await fieldsOf(it)).filter(field => field.nullable && isSimple(field.type))
  const n = Math.max(it.next, 1)
  switch (below(7)) {
    case 0: return `id % ${2 + below(9)} = 0`
    case 1: return `id >= ${below(n)} AND id < ${below(n)}`
    case 2: return `id IN (${Array.from({ length: 1 + below(20) }, () => below(n)).join(',')})`
    case 3: return nullable.length > 0 ? `${quoted(pick(nullable).name)} IS NULL` : `id = ${below(n)}`
    case 4: return `id < ${below(n)}`
    case 5: return `id % 100 <> ${below(100)}`
    default: return chance(0.1) ? 'true' : `id = ${below(n)}`
  }
}

async function append (it) {
  const fields = (await fieldsOf(it)).filter(field => field.name === 'id' || !field.nullable || chance(0.85))
  const n = pick([1, 5, 200, 1500])
  const rows = tableOf(columnsOf(chance(0.3) ? shuffled(fields) : fields, ids(it.next, n)))
  it.next += n
  await it.table.add(rows)
}

// A copy of some rows: lanceio writes what it has read.
async function appendByUs (it) {
  const copy = path.join(it.folder, 'copy.lance')
  fs.rmSync(copy, { recursive: true, force: true })
  const written = run(['copy', it.path, copy, '--offset', String(below(50)), '--limit', String(1 + below(300))])
  const appended = written.error ? written : run(['copy', copy, it.path, '--mode', 'append'])
  if (appended.error) {
    it.refusals.add(appended.error.replace(/.*: column /s, 'column '))
    throw new Error(appended.error)
  }
  await it.table.checkoutLatest()
}

async function overwrite (it) {
  const n = pick([1, 300])
  const fields = shuffled(await fieldsOf(it))
  await it.table.add(tableOf(columnsOf(fields, ids(it.next, n))), { mode: 'overwrite' })
  it.next += n
}

async function remove (it) {
  await it.table.delete(await condition(it))
}

async function update (it) {
  const field = pick(await plainFields(it, isSimple))
  const name = quoted(field.name)
  const value = isInt(field.type)
    ? 'id % 30'
    : isFloat(field.type) ? `${name} / 3` : isString(field.type) ? "concat('u', cast(id as string))" : `NOT ${name}`
  await it.table.update({ where: await condition(it), valuesSql: { [field.name]: field.nullable && chance(0.2) ? 'NULL' : value } })
}

async function merge (it) {
  const fields = await fieldsOf(it)
  const n = 1 + below(300)
  const known = [...new Set(Array.from({ length: n }, () => below(it.next + n)))].map(BigInt)
  const some = chance(0.3) ? fields.filter(field => field.name === 'id' || chance(0.5)) : fields
  let builder = it.table.mergeInsert('id')
  if (chance(0.8)) builder = builder.whenMatchedUpdateAll()
  if (some === fields && chance(0.8)) builder = builder.whenNotMatchedInsertAll()
  if (chance(0.2)) builder = builder.whenNotMatchedBySourceDelete(chance(0.8) ? { where: await condition(it) } : undefined)
  it.next += n
  await builder.execute(tableOf(columnsOf(some, known)))
}

async function addColumn (it) {
  const name = `a${it.named++}`
  const from = await plainFields(it, isSimple)
  const sql = pick(['id * 2', 'cast(id as string)', 'id % 3', "'same'", 'cast(NULL as double)', 'id % 2 = 0',
    'CASE WHEN id % 5 = 0 THEN NULL ELSE id END', ...from.map(field => quoted(field.name))])
  const { type } = columnOf(name, it.version, 1).field
  if (isHollow(type) || chance(0.75)) await it.table.addColumns([{ name, valueSql: sql }])
  else await it.table.addColumns(new arrow.Field(name, type, true))
}

async function alterColumn (it) {
  const field = pick((await fieldsOf(it)).filter(field => field.name !== 'id'))
  const inner = field.type.typeId === Type.Struct && field.type.children.length > 0 && chance(0.6)
    ? pick(field.type.children)
    : undefined
  const at = inner ? `${field.name}.${inner.name}` : field.name
  switch (below(3)) {
    case 0: return it.table.alterColumns([{ path: at, rename: `r${it.named++}` }])
    case 1: return it.table.alterColumns([{ path: at, nullable: true }])
  }
  const type = (inner || field).type
  const to = isInt(type) ? pick(['int64', 'double']) : isFloat(type) ? 'float' : isString(type) ? 'large_string' : 'string'
  return it.table.alterColumns([{ path: at, dataType: to }])
}

async function dropColumn (it) {
  const fields = (await fieldsOf(it)).filter(field => field.name !== 'id')
  const field = pick(fields)
  const inner = field.type.typeId === Type.Struct && field.type.children.length > 1 && chance(0.7)
    ? '.' + pick(field.type.children).name
    : ''
  if (fields.length > 2 || inner) await it.table.dropColumns([field.name + inner])
}

async function compact (it) {
  await it.table.optimize(chance(0.25) ? { cleanupOlderThan: new Date(), deleteUnverified: true } : undefined)
}

async function index (it) {
  const field = pick([{ name: 'id', type: new arrow.Int64() }, ...await plainFields(it, isSimple)])
  await it.table.createIndex(field.name, { config: pick([lancedb.Index.btree, lancedb.Index.bitmap])(), replace: true })
}

async function restore (it) {
  const versions = await it.table.listVersions()
  await it.table.checkout(pick(versions).version)
  await it.table.restore()
}

async function tag (it) {
  const tags = await it.table.tags()
  const { version } = pick(await it.table.listVersions())
  const known = Object.keys(await tags.list())
  if (known.length > 0 && chance(0.3)) return tags.update(pick(known), version)
  if (known.length > 0 && chance(0.3)) return tags.delete(pick(known))
  return tags.create(`tag-${it.named++}`, version)
}

// A branch, with a change of its own.
async function branch (it) {
  const branches = await it.table.branches()
  const name = pick(['side', 'side/way', 'b.1'])
  const there = name in await branches.list()
  const table = there ? await branches.checkout(name) : await branches.create(name)
  await pick([append, remove, update, addColumn, dropColumn, compact])({ ...it, table })
}

async function metadata (it) {
  await it.table.updateFieldMetadata([{ path: pick(await fieldsOf(it)).name, metadata: { unit: pick(['m', 's']) } }])
}

const steps = [append, append, append, appendByUs, overwrite, remove, remove, remove, update, update, merge, merge, addColumn,
  addColumn, alterColumn, alterColumn, dropColumn, compact, compact, index, restore, tag, branch, metadata]

// -- comparing ----------------------------------------------------------------

// A path to a field, through structs; lanceio takes others apart in no scan.
function somePath (field) {
  const type = field.type
  if (type.typeId !== Type.Struct || type.children.length === 0 || chance(0.4)) return [field.name]
  return [field.name, ...somePath(pick(type.children))]
}

function expect (what, got, wanted) {
  const said = compare(got, wanted)
  if (said !== 'equal') throw new Error(`${what}: ${said}`)
}

const engines = () => pick([[], ['--no-engine'], ['-s', 'backend.plugin=backend-pread']])

// LanceDB fails to read some of what it writes: nothing to compare with.
async function isReadable (table) {
  try {
    await rowsOf(table)
    return true
  } catch (error) {
    return false
  }
}

// The rows of one state, which `options` choose, in all ways.
async function compareRows (it, table, options) {
  const batches = await rowsOf(table)
  const wanted = linesOfAll(batches)
  const schema = await table.schema()
  const read = (verb, ...more) => lanceio(verb, it.path, [...options, ...engines(), ...more])

  expect('scan', read('scan'), wanted)
  const from = below(wanted.length + 2)
  const n = 1 + below(wanted.length + 2)
  expect(`scan from ${from}, ${n} rows`, read('scan', '--offset', String(from), '--limit', String(n), '--batch-rows', String(1 + below(700)), '--memory', pick(['1', '64'])),
    wanted.slice(from, from + n))
  const paths = shuffled(schema.fields).slice(0, 1 + below(3)).map(somePath)
  const names = paths.map(path => path.join('.'))
  const parts = projected(batches, paths)
  if (names.every(name => /^[a-z0-9._]+$/i.test(name))) {
    expect(`scan of ${names}`, read('scan', '--columns', names.join(',')), parts)
  }
  if (wanted.length === 0) return
  const rows = Array.from({ length: pick([1, 3, 40]) }, () => below(wanted.length))
  expect(`take of ${rows}`, read('take', '--rows', rows.join(',')), rows.map(row => wanted[row]))
  expect(`take of ${names} of ${rows}`, read('take', '--columns', names.join(','), '--rows', rows.join(',')), rows.map(row => parts[row]))
}

async function compareIds (it) {
  const wanted = projected(await rowsOf(it.table, { withRowId: true }), [['id'], ['_rowid']])
  expect('row ids', lanceio('scan', it.path, ['--columns', 'id,_rowid']), wanted)
}

async function compareSchema (it) {
  const { text, error } = run(['inspect', it.path, '--json'])
  if (error) throw new Error(`inspect: ${error}`)
  const inspected = JSON.parse(text)
  const ours = describeInspected(inspected)
  const theirs = describe((await it.table.schema()).fields)
  if (ours.join('\n') !== theirs.join('\n')) throw new Error(`schema: ${ours.join(', ')}; not ${theirs.join(', ')}`)
  const version = await it.table.version()
  if (inspected.version !== version) throw new Error(`version ${inspected.version}, not ${version}`)
}

async function compareLatest (it) {
  await compareSchema(it)
  await compareRows(it, it.table, [])
  await compareIds(it)
}

// A state of the past, if LanceDB can read it.
async function comparePast (it, table, options) {
  if (await isReadable(table)) await compareRows(it, table, options)
}

async function compareAll (it) {
  for (const { version } of await it.table.listVersions()) {
    await it.table.checkout(version)
    await comparePast(it, it.table, ['--version', String(version)])
  }
  await it.table.checkoutLatest()
  for (const name of Object.keys(await (await it.table.tags()).list())) {
    await it.table.checkout(name)
    await comparePast(it, it.table, ['--tag', name])
  }
  await it.table.checkoutLatest()
  const branches = await it.table.branches()
  for (const name of Object.keys(await branches.list())) {
    await comparePast(it, await branches.checkout(name), ['--branch', name])
  }
}

// -- all ----------------------------------------------------------------------

async function make (folder, name, version, refusals) {
  const connection = await lancedb.connect(folder)
  const rows = pick([0, 1, 300, 2500])
  const storageOptions = { newTableDataStorageVersion: version }
  if (chance(0.3)) storageOptions.newTableEnableV2ManifestPaths = 'false'
  if (chance(0.4)) storageOptions.newTableEnableStableRowIds = 'true'
  const first = tableOf(beginning(version, rows))
  const it = { folder, path: path.join(folder, `${name}.lance`), version, next: rows, named: 0, steps: [], refusals }
  it.table = await connection.createTable(name, first, { storageOptions })
  if (chance(0.3)) {
    const own = path.join(folder, 'own.lance')
    const { error } = run(['copy', it.path, own])
    if (!error) {
      fs.rmSync(it.path, { recursive: true })
      fs.renameSync(own, it.path)
    }
    it.steps.push(error ? 'created' : 'created by lanceio')
  }
  it.reopen = async () => { it.table = await connection.openTable(name) }
  await it.reopen()
  return it
}

async function made (folder, seed, version, refusals) {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      return await make(folder, `seed${seed}-${tries}`, version, refusals)
    } catch (error) {
    }
  }
}

async function step (it) {
  for (let tries = 0; tries < TRIES; tries++) {
    const what = pick(steps)
    try {
      await what(it)
      it.steps.push(what.name)
      return
    } catch (error) {
      it.steps.push(`(${what.name})`)
      await it.reopen()
    }
  }
}

async function one (folder, seed, version, refusals) {
  start(seed)
  const it = await made(folder, seed, version, refusals)
  if (!it) return { said: 'not written' }
  try {
    for (let left = 1 + below(STEPS_MAX); ; left--) {
      if (!await isReadable(it.table)) return { said: 'not read by LanceDB', it }
      await compareLatest(it)
      if (left === 0) break
      await step(it)
    }
    await compareAll(it)
    return { said: 'equal', it }
  } catch (error) {
    return { said: 'different', it, why: error.message }
  }
}

async function main (first, n, versions) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lanceio-histories-'))
  const counts = { 'not written': 0, 'not read by LanceDB': 0, equal: 0, different: 0 }
  const refusals = new Set() // by lanceio, of rows to append
  let done = 0
  for (let seed = first; seed < first + n; seed++) {
    const version = versions[seed % versions.length]
    const { said, it, why } = await one(folder, seed, version, refusals)
    counts[said]++
    if (it) done += it.steps.length
    if (said === 'different') console.log(`seed ${seed}, ${version}: ${it.steps.join(', ')}; ${it.path}\n  ${why}`)
    else for (const file of fs.readdirSync(folder)) fs.rmSync(path.join(folder, file), { recursive: true })
  }
  if (counts.different === 0) fs.rmSync(folder, { recursive: true })
  for (const why of refusals) console.log(`lanceio did not append: ${why}`)
  console.log(Object.entries(counts).map(([what, count]) => `${what} ${count}`).join(', ') + `; ${done} steps`)
  return counts.different > 0 ? 1 : 0
}

const [first, n, ...versions] = process.argv.slice(2)
main(Number(first), Number(n), versions.length > 0 ? versions : ['2.0', '2.1', '2.2']).then(code => { process.exitCode = code })
