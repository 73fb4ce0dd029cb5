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
const fs = require('fs')
const os = require('os')
const path = require('path')
const lancedb = require('@lancedb/lancedb')
const { linesOf } = require('./rows.js')
const { tableOf } = require('./arrays.js')
const { start, below, pick, columnOf } = require('./generate.js')
const { lanceio, compare } = require('./ours.js')

// -- reading ------------------------------------------------------------------

function readOurs (table, wanted) {
  const some = Array.from({ length: Math.min(20, wanted.length) }, () => below(wanted.length))
  const scanned = compare(lanceio('scan', table, ['--no-engine']), wanted)
  if (scanned !== 'equal') return scanned
  const taken = compare(lanceio('take', table, ['--no-engine', '--rows', some.join(',')]), some.map(row => wanted[row]))
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
