// LanceDB's side of the comparison, as a command:
//
//   lancedb.js check TABLE ROWS.ndjson INSPECTED.json
//       Open TABLE (a .lance directory) and compare its schema, its rows in
//       scan order, their number, and what filters find, with what lanceio has
//       to say of it: `scan --raw` and `inspect --json`.
//   lancedb.js add TABLE N
//       Append a copy of the first N rows.
//   lancedb.js delete TABLE COLUMN
//       Delete the rows that have in COLUMN what the first row has.
//   lancedb.js overwrite TABLE
//       Replace all rows by the first one.
//   lancedb.js adds TABLE TIMES
//       Append the first row, so many times.
//   lancedb.js index TABLE COLUMN
//       Index COLUMN, for filters to use.
//   lancedb.js optimize TABLE
//       Put fragments together, and update indices.
//   lancedb.js create TABLE VERSION [OPTION=VALUE...]
//       Make TABLE with rows of several types, in this file version.
//   lancedb.js -
//       All that, from stdin, a command a line; says of each whether it went
//       well, and goes on.
//
// Exit code 1 and a sentence on stderr when something is not as it should be.
'use strict'
const fs = require('fs')
const path = require('path')
const readline = require('readline')
const arrow = require('apache-arrow')
const lancedb = require('@lancedb/lancedb')
const { linesOf, sameRow, describe, describeInspected } = require('./rows.js')

function split (table) {
  const name = path.basename(table)
  if (!name.endsWith('.lance')) throw new Error(`${table}: LanceDB opens directories called *.lance only`)
  return { folder: path.dirname(path.resolve(table)), name: name.slice(0, -'.lance'.length) }
}

async function open (table) {
  const { folder, name } = split(table)
  return (await lancedb.connect(folder)).openTable(name)
}

function differ (what, ours, theirs) {
  throw new Error(`${what} differ\n  lanceio: ${ours}\n  LanceDB: ${theirs}`)
}

// -- check --------------------------------------------------------------------

function compareSchemas (schema, inspected) {
  const theirs = describe(schema.fields)
  const ours = describeInspected(inspected)
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    if (ours[i] !== theirs[i]) differ('fields', ours[i], theirs[i])
  }
}

// Of blobs LanceDB gives out where they are, lanceio the bytes: the sizes are
// what both have.  A null one LanceDB shows as one of size 0.
function isBlob (field) {
  return field.metadata.get('lance-encoding:blob') === 'true'
}

function blobNames (fields) {
  return fields.flatMap(field => isBlob(field)
    ? [field.name]
    : arrow.DataType.isStruct(field.type) ? blobNames(field.type.children) : [])
}

function sizesOfBlobs (line, names) {
  for (const name of names) {
    const key = JSON.stringify(name) + ':'
    const value = /"([^"]*)"|null|\{"position":\d+,"size":(\d+)\}/y
    let sized = ''
    let from = 0
    for (let at = line.indexOf(key); at >= 0; at = line.indexOf(key, from)) {
      value.lastIndex = at + key.length
      const found = value.exec(line)
      const end = found ? value.lastIndex : at + key.length
      sized += line.slice(from, at + key.length)
      if (found) sized += found[2] || Buffer.from(found[1] || '', 'base64').length
      from = end
    }
    line = sized + line.slice(from)
  }
  return line
}

async function compareRows (table, schema, file) {
  const blobs = blobNames(schema.fields)
  const ours = readline.createInterface({ input: fs.createReadStream(file) })[Symbol.asyncIterator]()
  let n = 0
  for await (const batch of await table.query().execute()) {
    for (const line of linesOf(batch)) {
      const own = (await ours.next()).value
      if (own === undefined ||
          !sameRow(sizesOfBlobs(own, blobs), sizesOfBlobs(line, blobs))) differ(`rows ${n}`, own, line)
      n++
    }
  }
  const more = await ours.next()
  if (!more.done) differ(`rows ${n}`, more.value, 'no more rows')
  return n
}

// A condition on a column that some rows fulfil, and how many those are.
function condition (field, rows) {
  const values = rows.map(row => row[field.name])
  const wanted = values[values.length >> 1]
  const name = '`' + field.name + '`'
  if (typeof wanted === 'string' && arrow.DataType.isUtf8(field.type)) {
    return { text: `${name} = '${wanted.replace(/'/g, "''")}'`, n: values.filter(value => value === wanted).length }
  }
  if (arrow.DataType.isInt(field.type) && Number.isSafeInteger(wanted)) {
    return { text: `${name} >= ${wanted}`, n: values.filter(value => value !== null && value >= wanted).length }
  }
  if (arrow.DataType.isBool(field.type) && wanted !== null) {
    return { text: `${name} = ${wanted}`, n: values.filter(value => value === wanted).length }
  }
  return { text: `${name} IS NULL`, n: values.filter(value => value === null).length }
}

const FILTERED_ROWS_MAX = 200000 // of which a copy is held

async function compareFilters (table, schema, file, n) {
  if (n === 0 || n > FILTERED_ROWS_MAX) return 0
  const rows = fs.readFileSync(file, 'utf8').split('\n').slice(0, n).map(line => JSON.parse(line))
  let tried = 0
  for (const field of schema.fields.slice(0, 20)) {
    // LanceDB itself has no filters on these.
    if (arrow.DataType.isNull(field.type) || arrow.DataType.isMap(field.type)) continue
    if (isBlob(field)) continue
    const wanted = condition(field, rows)
    const found = await table.countRows(wanted.text)
    if (found !== wanted.n) differ(`rows with ${wanted.text}`, wanted.n, found)
    tried++
  }
  return tried
}

async function check (name, rowsFile, inspectedFile) {
  const table = await open(name)
  const schema = await table.schema()
  const inspected = JSON.parse(fs.readFileSync(inspectedFile, 'utf8'))
  compareSchemas(schema, inspected)
  const n = await compareRows(table, schema, rowsFile)
  const counted = await table.countRows()
  if (counted !== n) differ('numbers of rows', n, counted)
  const version = await table.version()
  if (version !== inspected.version) differ('versions', inspected.version, version)
  const filters = await compareFilters(table, schema, rowsFile, n)
  for (const blob of blobNames(schema.fields)) {
    console.log(`${name}: column ${blob}: LanceDB tells where blobs are, not what they hold: only their sizes were compared`)
  }
  console.log(`${name}: version ${version}, ${n} rows, ${filters} filters: the same`)
}

// -- changes ------------------------------------------------------------------

async function add (name, n) {
  const table = await open(name)
  const rows = await table.query().limit(Number(n)).toArrow()
  if (rows.numRows > 0) await table.add(rows)
}

async function adds (name, times) {
  const table = await open(name)
  const row = await table.query().limit(1).toArrow()
  for (let i = 0; i < Number(times); i++) await table.add(row)
}

async function index (name, column) {
  const table = await open(name)
  await table.createIndex(column, { config: lancedb.Index.btree() })
}

async function optimize (name) {
  const table = await open(name)
  await table.optimize()
}

async function remove (name, column) {
  const table = await open(name)
  const first = (await table.query().limit(1).toArrow()).get(0)[column]
  const value = typeof first === 'string' ? `'${first.replace(/'/g, "''")}'` : String(first)
  await table.delete(`\`${column}\` = ${value}`)
}

async function overwrite (name) {
  const table = await open(name)
  await table.add(await table.query().limit(1).toArrow(), { mode: 'overwrite' })
}

function sampleRows (n) {
  const rows = []
  for (let i = 0; i < n; i++) {
    rows.push({
      id: BigInt(i),
      small: i % 7 === 3 ? null : i % 100,
      ratio: i / 8,
      flag: i % 3 === 0,
      name: i % 11 === 5 ? null : `row ${i}`,
      vector: [i, i + 0.5, -i, 0],
      tags: i % 5 === 0 ? [] : [`tag ${i % 4}`, 'all']
    })
  }
  return rows
}

const sampleSchema = new arrow.Schema([
  new arrow.Field('id', new arrow.Int64(), false),
  new arrow.Field('small', new arrow.Int32(), true),
  new arrow.Field('ratio', new arrow.Float64(), false),
  new arrow.Field('flag', new arrow.Bool(), false),
  new arrow.Field('name', new arrow.Utf8(), true),
  new arrow.Field('vector', new arrow.FixedSizeList(4, new arrow.Field('item', new arrow.Float32(), true)), false),
  new arrow.Field('tags', new arrow.List(new arrow.Field('item', new arrow.Utf8(), true)), false)
])

async function create (name, version, ...options) {
  const { folder, name: table } = split(name)
  const db = await lancedb.connect(folder)
  const storageOptions = { newTableDataStorageVersion: version }
  for (const option of options) {
    const [key, value] = option.split('=')
    storageOptions[key] = value
  }
  await db.createTable(table, lancedb.makeArrowTable(sampleRows(500), { schema: sampleSchema }), { storageOptions })
}

const verbs = { check, add, adds, index, optimize, delete: remove, overwrite, create }

async function run (verb, args) {
  if (!verbs[verb]) throw new Error('check, add, delete, overwrite, create TABLE ..., or - for a list of these')
  await verbs[verb](...args)
}

// "ok VERB TABLE", or "failed VERB TABLE: why", for each line.
async function runLines () {
  let failed = false
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [verb, ...args] = line.trim().split(' ')
    try {
      await run(verb, args)
      console.log(`ok ${verb} ${args[0]}`)
    } catch (problem) {
      console.log(`failed ${verb} ${args[0]}: ${problem.message}`)
      failed = true
    }
  }
  if (failed) process.exitCode = 1
}

const [verb, ...args] = process.argv.slice(2);
(verb === '-' ? runLines() : run(verb, args)).catch(problem => {
  console.error(`lancedb.js ${verb || ''} ${args[0] || ''}: ${problem.message}`)
  process.exitCode = 1
})
