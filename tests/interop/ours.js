// What lanceio says of a table, and whether it is what LanceDB says.
'use strict'
const { spawnSync } = require('child_process')
const { sameRow } = require('./rows.js')

function run (args) {
  const done = spawnSync(process.env.LANCEIO, [...args, '--quiet', '-s', 'stats.database=off'], { maxBuffer: 2 ** 30 })
  if (done.status === 0) return { text: String(done.stdout) }
  return { error: String(done.stderr).trim() || `it ended with ${done.signal || done.status}` }
}

// The rows of `scan` or `take`, a line each, or the error.
function lanceio (verb, table, options) {
  const { text, error } = run([verb, table, '--raw', '--format', 'ndjson', ...options])
  return error ? { error } : { lines: text.split('\n').slice(0, -1) }
}

// 'equal', or what is not.
function compare (got, wanted) {
  if (got.error) return got.error
  const n = Math.min(got.lines.length, wanted.length)
  for (let i = 0; i < n; i++) {
    if (!sameRow(wanted[i], got.lines[i])) return `row ${i} is ${got.lines[i].slice(0, 200)}, not ${wanted[i].slice(0, 200)}`
  }
  return got.lines.length === wanted.length ? 'equal' : `${got.lines.length} rows, not ${wanted.length}`
}

module.exports = { run, lanceio, compare }
