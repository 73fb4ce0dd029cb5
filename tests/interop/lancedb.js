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
const { linesOf, sameRow, sameRowOfBlobs, textOfJson, isBlob, isJson, describe, describeInspected } = require('./rows.js')

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

// Of blobs queries give out where they are, lanceio the bytes.
function isOldBlob (field) {
  return field.metadata.get('lance-encoding:blob') === 'true'
}

function oldBlobs (fields) {
  return fields.flatMap(field => isOldBlob(field) ? [field.name] : oldBlobs(field.type.children || []))
}

function hasBlobs (fields) {
  return fields.some(field => isBlob(field) || isOldBlob(field) || hasBlobs(field.type.children || []))
}

async function compareRows (table, schema, file) {
  const same = hasBlobs(schema.fields) ? sameRowOfBlobs : sameRow
  const json = schema.fields.filter(isJson).map(field => field.name)
  const ours = readline.createInterface({ input: fs.createReadStream(file) })[Symbol.asyncIterator]()
  let n = 0
  for await (const batch of await table.query().execute()) {
    for (const line of linesOf(batch)) {
      const own = (await ours.next()).value
      if (own === undefined || !same(textOfJson(own, json), line)) differ(`rows ${n}`, own, line)
      n++
    }
  }
  const more = await ours.next()
  if (!more.done) differ(`rows ${n}`, more.value, 'no more rows')
  return n
}

// The bytes of blobs of version 2.2; of those in lists it fetches none.
const BLOBS_AT_ONCE = 1000

function isInList (fields, path) {
  const field = fields.find(field => field.name === path[0])
  if (path.length === 1 || !field) return !field
  return !arrow.DataType.isStruct(field.type) || isInList(field.type.children, path.slice(1))
}

async function compareBlobs (table, schema, file) {
  const columns = (await table.blobColumns()).filter(column => !isInList(schema.fields, column.split('.')))
  if (columns.length === 0) return
  const rows = fs.readFileSync(file, 'utf8').split('\n').filter(line => line).map(line => JSON.parse(line))
  const ids = []
  for await (const batch of await table.query().withRowId().execute()) ids.push(...batch.getChild('_rowid').toArray())
  for (const column of columns) {
    for (let from = 0; from < ids.length; from += BLOBS_AT_ONCE) {
      const blobs = await table.fetchBlobs(column, ids.slice(from, from + BLOBS_AT_ONCE))
      blobs.forEach((blob, i) => {
        const ours = column.split('.').reduce((value, name) => value && value[name], rows[from + i])
        const theirs = blob ? blob.toString('base64') : null
        if (ours !== theirs) differ(`blobs ${column} of rows ${from + i}`, ours, theirs)
      })
    }
  }
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
    if (hasBlobs([field])) continue
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
  await compareBlobs(table, schema, rowsFile)
  for (const blob of oldBlobs(schema.fields)) {
    console.log(`${name}: column ${blob}: LanceDB tells where blobs of 2.0 and 2.1 are, not what they hold: only their sizes were compared`)
  }
  console.log(`${name}: version ${version}, ${n} rows, ${filters} filters: the same`)
}

// -- changes ------------------------------------------------------------------

// What is at a path in a row, replaced; structs on the way there become objects.
function put (row, path, value) {
  const [name, ...rest] = path
  if (rest.length === 0) row[name] = value
  else if (row[name]) put(row[name] = row[name].toJSON ? row[name].toJSON() : row[name], rest, value)
}

// The first rows, with the bytes of their blobs.
async function rowsWithBlobs (table, columns, n) {
  const rows = (await table.query().limit(n).withRowId().toArray()).map(row => row.toJSON())
  const ids = rows.map(row => row._rowid)
  for (const row of rows) delete row._rowid
  for (const column of columns) {
    const blobs = await table.fetchBlobs(column, ids)
    rows.forEach((row, i) => put(row, column.split('.'), blobs[i]))
  }
  return rows
}

async function add (name, n) {
  const table = await open(name)
  const blobs = await table.blobColumns()
  const rows = blobs.length > 0
    ? await rowsWithBlobs(table, blobs, Number(n))
    : await table.query().limit(Number(n)).toArrow()
  if ((rows.numRows ?? rows.length) > 0) await table.add(rows)
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
