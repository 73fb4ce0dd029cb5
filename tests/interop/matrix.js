// matrix.js [CASE...]: which types lanceio writes in which file version, and who
// reads them back, as a document (docs/compatibility.md).
//
// Each column of tests/data/types (of these cases only) and of the rows below
// becomes a dataset of its own in each version, by `lanceio copy`.  lanceio reads
// it back if it has the rows of what it was copied from; LanceDB if lancedb.js
// finds the same in it.  Where LanceDB fails, it is asked for the table that it
// wrote itself.  Columns of one type share a line, which says yes for all.
//
// The environment is that of lancedb.js, with the command in $LANCEIO.
'use strict'
const { execFileSync, spawnSync } = require('child_process')
const fs = require('fs')
const os = require('os')
const path = require('path')

const versions = ['2.0', '2.1', '2.2']
const data = path.join(__dirname, '../data/types')

// Types that no table of tests/data/types has: a schema and rows.
const list = item => ({ type: 'list', fields: [{ name: 'item', ...item }] })
const extra = [
  ['decimal:256:60:4', ['12345678901234567890123456789012345678901234567890.1234', null, '-1.5']],
  ['duration:s', [1, null, -3]],
  ['duration:us', [1, null, -3]],
  ['duration:ns', [1, null, -3]],
  ['dict:string:int64:false', ['a', 'b', null, 'a']],
  ['dict:string:uint8:false', ['a', 'b', null, 'a']],
  ['dict:large_string:int32:false', ['a', 'b', null, 'a']],
  ['dict:binary:int32:false', ['YQ==', null, 'Yg==', 'YQ==']],
  ['dict:double:int32:false', [1.5, null, 2.5, 1.5]],
  ['dict:date32:day:int16:false', ['2020-01-01', null, '2021-01-01']],
  [{ type: 'large_list', fields: [{ name: 'item', type: 'int32' }] }, [[1, null], null, [], [2]]],
  [{ type: 'large_list', fields: [{ name: 'item', type: 'string' }] }, [['a', null], null, [], ['b']]],
  [list({ type: 'large_string' }), [['a', null], null, [], ['b']]],
  [list({ type: 'large_binary' }), [['YQ==', null], null, [], ['Yg==']]],
  [list({ type: 'decimal:128:10:2' }), [['1.50', null], null, [], ['2.00']]],
  [list({ type: 'timestamp:us:UTC' }), [['2020-01-01T00:00:00Z', null], null, []]],
  [list({ type: 'fixed_size_binary:3' }), [['YWJj', null], null, []]],
  [list({ type: 'null' }), [[null, null], null, []]],
  [{ type: 'struct', fields: [{ name: 'n', type: 'null' }, { name: 'd', type: 'dict:string:int8:false' }] }, [{ n: null, d: 'x' }, { n: null, d: null }]],
  [{ type: 'struct', metadata: { packed: 'true' }, fields: [{ name: 'a', type: 'int16', nullable: false }, { name: 'q', type: 'struct', nullable: false, fields: [{ name: 's', type: 'string', nullable: false }] }] }, [{ a: 1, q: { s: 'x' } }, { a: 2, q: { s: '' } }]],
  [{ type: 'struct', metadata: { packed: 'true' }, fields: [{ name: 'a', type: 'bool', nullable: false }, { name: 'b', type: 'int8', nullable: false }] }, [{ a: true, b: 1 }, { a: false, b: 2 }]],
  [{ type: 'struct', nullable: false, fields: [] }, [{}, {}]],
  [list({ type: 'struct', nullable: false, fields: [] }), [[{}, {}], [], null]],
  ['fixed_size_list:float:1536', [Array(1536).fill(0.5), null]],
  ['fixed_size_list:bool:3', [[true, null, false], null]],
  ['fixed_size_list:int64:2', [[1, null], null, [3, 4]]],
  ['fixed_size_list:decimal:128:10:2:2', [['1.50', '2.50'], null]],
  ['fixed_size_list:fixed_size_binary:2:2', [['YWI=', 'Y2Q='], null]],
  ['fixed_size_list:string:2', [['a', 'b'], null]],
  ['fixed_size_list:timestamp:us:UTC:2', [['2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z'], null]]
]

// What stands for sentences of errors: shorter, and with the reason.
const reasons = [
  [/no null structs/, 'refused: structs have no nulls in this version; LanceDB refuses them, too'],
  [/maps need file version 2\.2/, 'refused: only version 2.2 has maps; LanceDB refuses them, too'],
  [/fixed-size lists of structs need file version 2\.2/, 'refused: LanceDB refuses fixed-size lists of structs in 2.1, and fails to read its own in 2.0'],
  [/packed structs of strings need/, 'refused: only version 2.2 has packed structs of strings; LanceDB refuses them, too'],
  [/packed structs of structs need/, 'refused: LanceDB writes no packed structs of structs in 2.1, so that nobody has said how they lie in a page'],
  [/packed structs of bools/, 'refused: LanceDB panics when it reads bools in packed structs of 2.0'],
  [/structs without fields that are null/, 'refused: from 2.1 on a page of structs without fields has no place for nulls or lists; LanceDB refuses them, too'],
  [/packed structs of structs without strings/, 'refused: in 2.2 LanceDB writes packed structs of structs only if these hold strings'],
  [/(a|, a) dictionary, of/, 'refused: LanceDB parses the name of such a type wrongly, and panics when it opens the table'],
  [/is not a type|fixed-size lists of values that have no fixed width/, 'refused: LanceDB reads no fixed-size lists of strings or dictionaries, and of nulls those of 2.0 alone'],
  [/packed structs of lists, nulls/, 'refused: LanceDB panics at packed structs of lists, nulls or dictionaries, and fails to read its own with fixed-size lists of structs'],
  [/`Option::unwrap\(\)` on a `None`/, 'LanceDB fails to read lists of fixed-size lists of structs, its own too'],
  [/its children have differing lengths/, 'LanceDB fails to read structs of fixed-size lists of structs, its own too'],
  [/Unrecognized type: "LargeList"/, 'not known: the Arrow library of its JavaScript interface has no large lists']
]

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'lanceio-matrix-'))
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }))

function lanceio (...args) {
  const options = ['copy', 'scan', 'write'].includes(args[0]) ? ['--quiet', '-s', 'stats.database=off'] : []
  return execFileSync(process.env.LANCEIO, [...args, ...options], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 30 })
}

// The sentence of an error, without what is about this run.
function sentence (problem) {
  const text = String(problem.stderr || problem.message || problem).trim().split('\n')[0]
    .replace(/^lanceio \w+: /, '').replace(/\S*lanceio-matrix-\S*: /g, '').replace(/column '[^']*':? ?/, '')
    .replace(/, (location: )?\/\S*\.rs.*$/, '').replace(/\|/g, '/')
  return text.length > 160 ? text.slice(0, 157) + '...' : text
}

function reason (text) {
  const known = reasons.find(([pattern]) => pattern.test(text))
  return known ? known[1] : text
}

// -- types --------------------------------------------------------------------

const LONGEST = 90

// "list<struct<int32, string>?>": "?" behind a struct that may be null.
function spell (field) {
  const parts = (field.fields || []).map(spell)
  const metadata = field.metadata || {}
  const null_ = field.nullable === false ? '' : '?'
  const type = field.type.replace('.struct', '')
  if (type === 'struct') return `${metadata.packed || metadata['lance-encoding:packed'] ? 'packed ' : ''}struct<${parts.join(', ')}>${null_}`
  if (type === 'list' || type === 'large_list') return `${type}<${parts[0]}>`
  if (type === 'map') return `map<${field.fields[0].fields.map(spell).join(', ')}>`
  if (type.startsWith('fixed_size_list:struct')) return `${type.replace('struct:', '')}<${parts[0]}>`
  return metadata['lance-encoding:blob'] || type === 'lance.blob.v2' ? 'blob' : type
}

function depth (field) {
  return 1 + Math.max(0, ...(field.fields || []).map(depth))
}

function nameOf (field) {
  const name = spell(field)
  return name.length > LONGEST ? `${field.type.split('.')[0]}s, ${depth(field)} levels deep` : name
}

// -- what there is --------------------------------------------------------------

function tableOf (name, version) {
  const table = path.join(data, name, `v${version.replace('.', '_')}.lance`)
  return fs.existsSync(table) ? table : null
}

// {type, from: {version: table}, column}: from where a column is copied.
function columnsOf (name) {
  const own = Object.fromEntries(versions.map(version => [version, tableOf(name, version)]))
  const any = own['2.2'] || own['2.1'] || own['2.0']
  return JSON.parse(lanceio('inspect', any, '--schema')).map(field => ({
    type: nameOf(field),
    column: field.name,
    own,
    from: Object.fromEntries(versions.map(version => [version, own[version] || any]))
  }))
}

function makeExtra ([type, values], number) {
  const field = { name: 'x', ...(typeof type === 'string' ? { type } : type) }
  const base = path.join(work, `extra-${number}`)
  fs.writeFileSync(base + '.json', JSON.stringify([field]))
  fs.writeFileSync(base + '.ndjson', values.map(x => JSON.stringify({ x }) + '\n').join(''))
  const column = { type: nameOf(field), column: 'x', own: {}, from: {} }
  for (const version of versions) {
    const table = `${base}-${version}.lance`
    try {
      lanceio('write', table, '--from', base + '.ndjson', '--schema', base + '.json', '--file-version', version)
      column.from[version] = table
    } catch (problem) {
      column.from[version] = sentence(problem)
    }
  }
  return column
}

// -- lanceio ------------------------------------------------------------------

const commands = [] // for lancedb.js

// Copy a column, and read it back.  What came of it: a note, or null.
function writeColumn (column, version, number) {
  const table = path.join(work, `t${number}-${version}.lance`)
  const from = column.from[version]
  if (!fs.existsSync(from)) return { written: from }
  const rows = table + '.rows'
  try {
    lanceio('copy', from, table, '--columns', column.column, '--file-version', version)
  } catch (problem) {
    return { written: sentence(problem) }
  }
  try {
    const wanted = lanceio('scan', from, '--columns', column.column, '--raw', '--format', 'ndjson')
    const found = lanceio('scan', table, '--raw', '--format', 'ndjson')
    fs.writeFileSync(rows, found)
    fs.writeFileSync(table + '.json', lanceio('inspect', table, '--json'))
    if (wanted !== found) return { table, read: 'other rows' }
  } catch (problem) {
    return { table, read: sentence(problem) }
  }
  commands.push(['check', table, rows, table + '.json'])
  return { table, read: null }
}

// -- LanceDB ------------------------------------------------------------------

// {table: note, or null if all is well}.  If it dies over one, the rest is asked
// again.
function askLancedb (wanted) {
  const answers = {}
  let rest = wanted
  while (rest.length > 0) {
    const { stdout } = spawnSync('node', [path.join(__dirname, 'lancedb.js'), '-'], {
      input: rest.map(words => words.join(' ') + '\n').join(''),
      encoding: 'utf8',
      maxBuffer: 1 << 30,
      env: { ...process.env, RUST_LOG: 'off', RUST_BACKTRACE: '0' }
    })
    const lines = stdout.split('\n').filter(line => /^(ok|failed) /.test(line))
    lines.forEach((line, i) => {
      const failed = /^failed \S+ \S+: (.*)/.exec(line)
      answers[rest[i][1]] = failed ? sentence(failed[1]) : null
    })
    if (lines.length < rest.length) answers[rest[lines.length][1]] = 'dies of it'
    rest = rest.slice(lines.length + 1)
  }
  return answers
}

// Whether LanceDB reads the tables that it wrote itself.
function askForOwn (tables) {
  return askLancedb(tables.map((table, i) => {
    const base = path.join(work, `own-${i}`)
    fs.cpSync(table, base + '.lance', { recursive: true })
    try {
      fs.writeFileSync(base + '.rows', lanceio('scan', table, '--raw', '--format', 'ndjson'))
    } catch {
      fs.writeFileSync(base + '.rows', '')
    }
    fs.writeFileSync(base + '.json', lanceio('inspect', table, '--json'))
    return ['check', base + '.lance', base + '.rows', base + '.json', table]
  }))
}

// -- the document -------------------------------------------------------------

const notes = []
function note (text) {
  if (!notes.includes(text)) notes.push(text)
  return `[${notes.indexOf(text) + 1}](#notes)`
}

// Of the results for one type in one version, what the two cells say.
function cells (results) {
  const refused = results.find(({ written }) => written)
  if (refused) {
    const cell = note(reason(refused.written))
    return [cell, cell]
  }
  const unread = results.find(({ read }) => read)
  const unseen = results.find(({ lancedb }) => lancedb)
  return [
    unread ? note(`lanceio: ${unread.read}`) : 'yes',
    unseen
      ? note(reason(unseen.lancedb) !== unseen.lancedb
        ? reason(unseen.lancedb)
        : `LanceDB fails${unseen.own ? ', with its own table too' : ''}: ${unseen.lancedb}`)
      : unread ? note('not asked, as lanceio fails') : 'yes'
  ]
}

function print (types) {
  const modules = path.join(require.resolve('@lancedb/lancedb'), '../../package.json')
  const { version } = JSON.parse(fs.readFileSync(modules, 'utf8'))
  console.log(`# Who reads what lanceio writes

For each type: whether lanceio and LanceDB ${version} read back all rows of the columns that \`lanceio copy\` wrote in each file version. The column
"columns" says how many were tested. A "?" after a struct means that some of them are null; all other types were tested with nulls.

The table is printed by \`scripts/interop --matrix >docs/compatibility.md\`, from the tables of tests/data/types and the rows of tests/interop/matrix.js.
tests/interop/lancedb.js compares the schema, all rows in order, their number, filters, and the bytes of blobs with what LanceDB returns.
tests/interop/round-trips checks that LanceDB can append to such datasets and compact them.

| type | columns | 2.0: lanceio | 2.0: LanceDB | 2.1: lanceio | 2.1: LanceDB | 2.2: lanceio | 2.2: LanceDB |
|---|---|---|---|---|---|---|---|`)
  for (const [type, results] of [...types].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const columns = new Set(results.map(({ column }) => column)).size
    const line = versions.flatMap(version => cells(results.filter(result => result.version === version)))
    console.log(`| \`${type}\` | ${columns} | ${line.join(' | ')} |`)
  }
  console.log('\n## Notes\n')
  notes.forEach((text, i) => console.log(`${i + 1}. ${text}`))
}

function main (cases) {
  const names = cases.length > 0 ? cases : fs.readdirSync(data).sort()
  const columns = names.flatMap(columnsOf).concat(cases.length > 0 ? [] : extra.map(makeExtra))
  const results = columns.flatMap((column, i) =>
    versions.map(version => ({ column, version, ...writeColumn(column, version, i) })))
  const answers = askLancedb(commands)
  for (const result of results) result.lancedb = answers[result.table]
  const own = [...new Set(results.filter(({ lancedb }) => lancedb).map(({ column, version }) => column.own[version]).filter(table => table))]
  const failing = askForOwn(own)
  own.forEach((table, i) => { failing[table] = failing[path.join(work, `own-${i}.lance`)] })
  for (const result of results) result.own = failing[result.column.own[result.version]]
  const types = new Map()
  for (const result of results) {
    if (!types.has(result.column.type)) types.set(result.column.type, [])
    types.get(result.column.type).push(result)
  }
  print(types)
}

main(process.argv.slice(2))
