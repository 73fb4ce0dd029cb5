// LanceDB's side of bench/write/compare: the batches that lio-bench-write has
// left with --dump, written to a new table, one line of JSON as it prints.
//
//   lancedb.js DUMP OUT.lance --rows N --batch-rows N [--only COLUMN] [--format V]
//
// They are made Arrow IPC, which is what goes to LanceDB's own code, before the
// clock starts: JavaScript has no part in what is measured.  LanceDB leaves its
// files to the kernel; "sync" is what it takes then to make them durable.
'use strict'
const fs = require('fs')
const path = require('path')
const A = require('apache-arrow')
const lancedb = require('@lancedb/lancedb')

const DIM = 512
const argv = process.argv.slice(2)
const [dump, out] = argv
const option = (name, fallback) => {
  const at = argv.indexOf(`--${name}`)
  return at < 0 ? fallback : argv[at + 1]
}
const only = option('only')

const field = (name, type, nullable = false) => new A.Field(name, type, nullable)
const columns = [
  field('id', new A.Int64()),
  field('i32', new A.Int32()),
  field('f64', new A.Float64()),
  field('ts', new A.TimestampMicrosecond()),
  field('cat', new A.Utf8(), true),
  field('text', new A.Utf8()),
  field('emb', new A.FixedSizeList(DIM, field('item', new A.Float32(), true)))
]
const schema = new A.Schema(columns.filter(({ name }) => !only || name === only))

// The next buffers of the dump, where they are.
class Reader {
  constructor (file) {
    this.bytes = fs.readFileSync(file)
    this.at = 0
  }

  take (Type, n) {
    const view = new Type(this.bytes.buffer, this.bytes.byteOffset + this.at, n)
    this.at += Math.ceil(view.byteLength / 64) * 64
    return view
  }
}

function strings (reader, { type, nullable }, length) {
  const nullBitmap = nullable ? reader.take(Uint8Array, Math.ceil(length / 8)) : undefined
  const valueOffsets = reader.take(Int32Array, length + 1)
  const data = reader.take(Uint8Array, valueOffsets[length])
  return A.makeData({ type, length, nullBitmap, valueOffsets, data, nullCount: nullable ? -1 : 0 })
}

function vectors (reader, { type }, length) {
  const data = reader.take(Float32Array, length * DIM)
  const child = A.makeData({ type: type.children[0].type, length: length * DIM, nullCount: 0, data })
  return A.makeData({ type, length, nullCount: 0, child })
}

function column (reader, field, length) {
  if (A.DataType.isUtf8(field.type)) return strings(reader, field, length)
  if (A.DataType.isFixedSizeList(field.type)) return vectors(reader, field, length)
  const data = reader.take(field.type.ArrayType, length)
  return A.makeData({ type: field.type, length, nullCount: 0, data })
}

function readBatches (rows, batchRows) {
  const reader = new Reader(dump)
  const batches = []
  for (let row = 0; row < rows; row += batchRows) {
    const length = Math.min(batchRows, rows - row)
    const children = schema.fields.map(field => column(reader, field, length))
    const type = new A.Struct(schema.fields)
    batches.push(new A.RecordBatch(schema, A.makeData({ type, length, nullCount: 0, children })))
  }
  return Buffer.from(A.RecordBatchFileWriter.writeAll(new A.Table(schema, batches)).toUint8Array(true))
}

function files (folder) {
  return fs.readdirSync(folder, { recursive: true, withFileTypes: true })
    .map(entry => path.join(entry.parentPath ?? entry.path, entry.name))
}

function sync (folder) {
  for (const name of [folder, ...files(folder)]) {
    const fd = fs.openSync(name)
    fs.fsyncSync(fd)
    fs.closeSync(fd)
  }
}

// KB, of /proc/self/status.
const status = name => +fs.readFileSync('/proc/self/status', 'latin1').match(`${name}:\\s*(\\d+)`)[1]

async function main () {
  const ipc = readBatches(+option('rows'), +option('batch-rows'))
  const db = await lancedb.connect(path.dirname(path.resolve(out)))
  const name = path.basename(out, '.lance')
  const storage = [['newTableDataStorageVersion', option('format', '2.2')]]
  fs.writeFileSync('/proc/self/clear_refs', '5')
  const before = status('VmRSS')
  const start = process.hrtime.bigint()
  const cpu = process.cpuUsage()
  const since = () => Number(process.hrtime.bigint() - start) / 1e9
  const table = await db.inner.createTable(name, ipc, 'create', [], Object.fromEntries(storage))
  const written = since()
  sync(out)
  const seconds = since()
  const used = process.cpuUsage(cpu)
  const data = path.join(out, 'data')
  console.log(JSON.stringify({
    rows: Number(await table.countRows()),
    file_bytes: files(data).reduce((sum, file) => sum + fs.statSync(file).size, 0),
    files: files(data).length,
    seconds,
    sync: seconds - written,
    cpu: (used.user + used.system) / 1e6,
    grown_mb: (status('VmHWM') - before) / 1024
  }))
}

main().catch(error => { console.error(error); process.exit(1) })
