// LanceDB's side of bench/lancedb/compare: one measurement, one line of JSON as
// lio-bench-column prints it.
//
//   run.js TABLE.lance [--columns A,B] [--take N] [--count SQL] [--search COLUMN]
//
// --count and --search stay inside of LanceDB: nothing is converted for
// JavaScript but a number, or ten rows.
'use strict'
const path = require('path')
const lancedb = require('@lancedb/lancedb')

const argv = process.argv.slice(2)
const table = argv[0]
const option = name => {
  const at = argv.indexOf(`--${name}`)
  return at < 0 ? null : argv[at + 1]
}

// The same rows as lio-bench-column takes.
function spread (n, rows) {
  return Array.from({ length: n }, (_, i) => (i * 179424673) % rows)
}

async function read (opened, first) {
  const columns = option('columns')?.split(',')
  const select = query => columns ? query.select(columns) : query
  let rows = 0
  if (option('count')) return opened.countRows(option('count'))
  if (option('search')) {
    const type = (await opened.schema()).fields.find(field => field.name === option('search')).type
    const vector = Array.from({ length: type.listSize }, (_, i) => Math.sin(i))
    await opened.query().nearestTo(vector).column(option('search')).select(['id']).limit(10).toArrow()
    return opened.countRows()
  }
  const query = option('take')
    ? select(opened.takeOffsets(spread(+option('take'), await opened.countRows())))
    : select(opened.query())
  for await (const batch of query) {
    if (rows === 0) first()
    rows += batch.numRows
  }
  return rows
}

async function main () {
  const start = process.hrtime.bigint()
  const cpu = process.cpuUsage()
  const since = () => Number(process.hrtime.bigint() - start) / 1e6
  let first
  const name = path.basename(table).slice(0, -'.lance'.length)
  const opened = await (await lancedb.connect(path.dirname(path.resolve(table)))).openTable(name)
  const rows = await read(opened, () => { first = since() })
  const used = process.cpuUsage(cpu)
  console.log(JSON.stringify({
    rows: Number(rows),
    seconds: since() / 1e3,
    cpu: (used.user + used.system) / 1e6,
    first_ms: first ?? since(),
    peak_mb: Math.round(process.resourceUsage().maxRSS / 1024)
  }))
}

main().catch(error => { console.error(error.message); process.exit(1) })
