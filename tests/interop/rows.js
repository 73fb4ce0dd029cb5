// Rows of Arrow batches as lines of JSON, spelled as `lanceio scan --raw` spells
// them: integers exact, times as the integers that are stored, binary in base64,
// NaN and infinities as strings, floats in the shortest form that reads back.
'use strict'
const arrow = require('apache-arrow')
const Type = arrow.Type

function isNull (data, i) {
  if (data.type.typeId === Type.Null) return true
  const bits = data.nullBitmap
  if (!bits || bits.length === 0 || data.nullCount === 0) return false
  const at = data.offset + i
  return !((bits[at >> 3] >> (at & 7)) & 1)
}

function halfFloat (bits) {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const size = exponent === 0
    ? fraction * 2 ** -24
    : exponent === 31
      ? (fraction ? NaN : Infinity)
      : (1 + fraction / 1024) * 2 ** (exponent - 15)
  return bits >> 15 ? -size : size
}

function shortestSingle (value) {
  for (let digits = 1; digits < 10; digits++) {
    const text = String(Number(value.toPrecision(digits)))
    if (Math.fround(Number(text)) === value) return text
  }
  return String(value)
}

function floatText (value, single) {
  if (Number.isNaN(value)) return '"NaN"'
  if (!Number.isFinite(value)) return value < 0 ? '"-Infinity"' : '"Infinity"'
  if (Object.is(value, -0)) return '-0.0'
  const text = single ? shortestSingle(value) : String(value)
  return /[.e]/.test(text) ? text : text + '.0'
}

// An integer of 64 bits: some versions of the library keep it in two halves.
function wide (values, i) {
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) return values[i]
  return (BigInt(values[2 * i + 1]) << 32n) | BigInt(values[2 * i] >>> 0)
}

function decimal (data, i) {
  const words = data.type.bitWidth / 32
  let value = 0n
  for (let k = words - 1; k >= 0; k--) value = (value << 32n) | BigInt(data.values[i * words + k] >>> 0)
  return BigInt.asIntN(data.type.bitWidth, value)
}

function slice (data, i) {
  return Buffer.from(data.values.subarray(Number(data.valueOffsets[i]), Number(data.valueOffsets[i + 1])))
}

function list (child, from, to) {
  const items = []
  for (let i = from; i < to; i++) items.push(cell(child, i))
  return '[' + items.join(',') + ']'
}

function float (data, i) {
  const value = data.values[i]
  switch (data.type.precision) {
    case arrow.Precision.HALF: return floatText(halfFloat(value), false)
    case arrow.Precision.SINGLE: return floatText(value, true)
    default: return floatText(value, false)
  }
}

function dictionaryValue (data, i) {
  let index = Number(data.values[i])
  for (const part of data.dictionary.data) {
    if (index < part.length) return cell(part, index)
    index -= part.length
  }
  throw new Error(`a dictionary has no value ${index}`)
}

function cell (data, i) {
  const type = data.type
  if (isNull(data, i)) return 'null'
  switch (type.typeId) {
    case Type.Int: return String(data.values[i])
    case Type.Float: return float(data, i)
    case Type.Bool: return ((data.values[(data.offset + i) >> 3] >> ((data.offset + i) & 7)) & 1) ? 'true' : 'false'
    case Type.Date: return String(type.unit === arrow.DateUnit.DAY ? data.values[i] : wide(data.values, i))
    case Type.Time: return String(type.bitWidth === 32 ? data.values[i] : wide(data.values, i))
    case Type.Timestamp:
    case Type.Duration: return String(wide(data.values, i))
    case Type.Decimal: return String(decimal(data, i))
    case Type.Utf8:
    case Type.LargeUtf8: return JSON.stringify(slice(data, i).toString('utf8'))
    case Type.Binary:
    case Type.LargeBinary: return `"${slice(data, i).toString('base64')}"`
    case Type.FixedSizeBinary: {
      const bytes = data.values.subarray(i * type.byteWidth, (i + 1) * type.byteWidth)
      return `"${Buffer.from(bytes).toString('base64')}"`
    }
    case Type.FixedSizeList: return list(data.children[0], i * type.listSize, (i + 1) * type.listSize)
    case Type.List:
    case Type.Map: return list(data.children[0], Number(data.valueOffsets[i]), Number(data.valueOffsets[i + 1]))
    case Type.Struct:
      return '{' + type.children.map((field, k) => `${JSON.stringify(field.name)}:${cell(data.children[k], i)}`).join(',') + '}'
    case Type.Dictionary: return dictionaryValue(data, i)
    default: throw new Error(`rows of type ${type} are not known here`)
  }
}

// The lines of one batch.
function * linesOf (batch) {
  const names = batch.schema.fields.map(field => JSON.stringify(field.name))
  for (let i = 0; i < batch.numRows; i++) {
    yield '{' + names.map((name, k) => `${name}:${cell(batch.data.children[k], i)}`).join(',') + '}'
  }
}

// A part of a row, below structs: {"point":{"x":1}}.
function part (field, data, i, path) {
  const rest = path.slice(1)
  if (rest.length === 0) return `${JSON.stringify(field.name)}:${cell(data, i)}`
  const at = field.type.children.findIndex(child => child.name === rest[0])
  const inner = isNull(data, i) ? 'null' : `{${part(field.type.children[at], data.children[at], i, rest)}}`
  return `${JSON.stringify(field.name)}:${inner}`
}

// The lines of batches with these parts alone: [["id"], ["point", "x"]].
function projected (batches, paths) {
  return batches.flatMap(batch => {
    const fields = batch.schema.fields
    const places = paths.map(path => fields.findIndex(field => field.name === path[0]))
    return Array.from({ length: batch.numRows }, (_, i) =>
      `{${places.map((at, k) => part(fields[at], batch.data.children[at], i, paths[k])).join(',')}}`)
  })
}

// The same rows?  Floats that read back the same may be spelled differently.
const TOKENS = /"(?:[^"\\]|\\.)*"|[^",:[\]{}]+|[,:[\]{}]/g
function sameFloat (a, b) {
  if (!/^-?[0-9.]+(e[+-]?[0-9]+)?$/i.test(a) || !/[.e]/i.test(a + b)) return false
  return Object.is(Number(a), Number(b)) || (a.length + b.length < 28 && Math.fround(Number(a)) === Math.fround(Number(b)))
}

function sameString (a, b) {
  return a[0] === '"' && b[0] === '"' && JSON.parse(a) === JSON.parse(b)
}

function sameRow (a, b) {
  if (a === b) return true
  const left = a.match(TOKENS)
  const right = b.match(TOKENS)
  return left.length === right.length &&
    left.every((token, i) => token === right[i] || sameString(token, right[i]) || sameFloat(token, right[i]))
}

// The same, where LanceDB says of a blob where it is: then the sizes are the
// same.  A null blob of 2.0 and 2.1 it shows as one of size 0.
const DESCRIPTOR = /\{(?:"kind":\d+,)?"position":\d+,"size":(\d+)(?:,"blob_id":\d+,"blob_uri":"[^"]*")?\}/g
function sameBlob (value, blob) {
  const size = Number(blob.slice('"blob '.length, -1))
  return value === 'null' ? size === 0 : value[0] === '"' && Buffer.from(value, 'base64').length === size
}

function sameRowOfBlobs (ours, theirs) {
  const left = ours.match(TOKENS)
  const right = theirs.replace(DESCRIPTOR, '"blob $1"').match(TOKENS)
  return left.length === right.length && left.every((token, i) =>
    right[i].startsWith('"blob ') ? sameBlob(token, right[i]) : sameRow(token, right[i]))
}

// JSON in the binary form in which it is stored, as text.
function jsonNumber (bytes) {
  const size = bytes.length - 1
  switch (bytes[0] >> 4) {
    case 0: return '0'
    case 4: return String(BigInt.asIntN(8 * size, BigInt('0x' + bytes.toString('hex', 1))))
    case 5: return String(BigInt('0x' + bytes.toString('hex', 1)))
    case 6: return String(bytes.readDoubleBE(1))
    default: throw new Error(`numbers that begin with ${bytes[0]} are not known here`)
  }
}

function jsonText (bytes) {
  const header = bytes.readUInt32BE(0)
  const kind = header >>> 28
  const n = kind === 2 ? 1 : header & 0xfffffff
  let at = 4 + 4 * (kind === 4 ? 2 * n : n)
  const items = []
  for (let i = 0; i < (kind === 4 ? 2 * n : n); i++) {
    const entry = bytes.readUInt32BE(4 + 4 * i)
    const value = bytes.subarray(at, at += entry & 0xfffffff)
    items.push([() => 'null', () => JSON.stringify(value.toString('utf8')), () => jsonNumber(value),
      () => 'false', () => 'true', () => jsonText(value)][entry >>> 28]())
  }
  if (kind === 2) return items[0]
  return kind === 8 ? `[${items.join(',')}]` : `{${items.slice(0, n).map((key, i) => `${key}:${items[n + i]}`).join(',')}}`
}

// A line with the values of these columns as the text that LanceDB makes of
// them.
function textOfJson (line, names) {
  for (const name of names) {
    const key = JSON.stringify(name) + ':'
    const at = line.indexOf(key) + key.length
    const value = /^"([^"]*)"/.exec(line.slice(at))
    if (value) line = line.slice(0, at) + JSON.stringify(jsonText(Buffer.from(value[1], 'base64'))) + line.slice(at + value[0].length)
  }
  return line
}

// How the format spells an Arrow type.
const UNITS = ['s', 'ms', 'us', 'ns']
function logicalType (type) {
  switch (type.typeId) {
    case Type.Null: return 'null'
    case Type.Bool: return 'bool'
    case Type.Int: return (type.isSigned ? 'int' : 'uint') + type.bitWidth
    case Type.Float: return ['halffloat', 'float', 'double'][type.precision]
    case Type.Utf8: return 'string'
    case Type.LargeUtf8: return 'large_string'
    case Type.Binary: return 'binary'
    case Type.LargeBinary: return 'large_binary'
    case Type.Date: return type.unit === arrow.DateUnit.DAY ? 'date32:day' : 'date64:ms'
    case Type.Time: return `time${type.bitWidth}:${UNITS[type.unit]}`
    case Type.Timestamp: return `timestamp:${UNITS[type.unit]}:${type.timezone || '-'}`
    case Type.Duration: return `duration:${UNITS[type.unit]}`
    case Type.Decimal: return `decimal:${type.bitWidth}:${type.precision}:${type.scale}`
    case Type.FixedSizeBinary: return `fixed_size_binary:${type.byteWidth}`
    case Type.FixedSizeList: return `fixed_size_list:${logicalType(type.children[0].type)}:${type.listSize}`
    case Type.List: return type.children[0].type.typeId === Type.Struct ? 'list.struct' : 'list'
    case Type.Struct: return 'struct'
    case Type.Map: return 'map'
    case Type.Dictionary: return `dict:${logicalType(type.dictionary)}:${logicalType(type.indices)}:false`
    default: throw new Error(`type ${type} is not known here`)
  }
}

function hasFields (type) {
  return [Type.Struct, Type.List, Type.Map].includes(type.typeId) ||
    (type.typeId === Type.FixedSizeList && type.children[0].type.typeId === Type.Struct)
}

// Of version 2.2: a struct for those who write it, bytes for those who read.
const BLOB = 'lance.blob.v2'
function isBlob (field) {
  return field.metadata.get('ARROW:extension:name') === BLOB
}

// Text, stored in a binary form.
function isJson (field) {
  return field.metadata.get('ARROW:extension:name') === 'lance.json'
}

function typeOf (field) {
  if (isBlob(field)) return BLOB
  return isJson(field) ? 'json' : logicalType(field.type)
}

// "point.x double null": a line a field, depth first.
function describe (fields, above = '') {
  const lines = []
  for (const field of fields) {
    const path = above + field.name
    lines.push(`${path} ${typeOf(field)}${field.nullable ? ' null' : ''}`)
    if (!isBlob(field) && hasFields(field.type)) lines.push(...describe(field.type.children, path + '.'))
  }
  return lines
}

// The same of what `lanceio inspect --json` prints.
function describeInspected (inspected) {
  const paths = []
  return inspected.fields.map(field => {
    paths.push((field.parent < 0 ? '' : paths[field.parent] + '.') + field.name)
    return `${paths[paths.length - 1]} ${field.logical_type}${field.nullable ? ' null' : ''}`
  })
}

module.exports = { linesOf, projected, sameRow, sameRowOfBlobs, textOfJson, isBlob, isJson, describe, describeInspected }
