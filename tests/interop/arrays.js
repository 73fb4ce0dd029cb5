// Arrow data from values of JavaScript: numbers, BigInts, strings, Buffers,
// arrays for lists, {key, value}s for maps, objects for structs, null.  Built
// buffer by buffer, so that what is stored is known to the last bit.
'use strict'
const arrow = require('apache-arrow')
const Type = arrow.Type

function bitmap (bits) {
  const bytes = new Uint8Array(Math.max(1, (bits.length + 63) >> 6) << 3)
  bits.forEach((bit, i) => { if (bit) bytes[i >> 3] |= 1 << (i & 7) })
  return bytes
}

function numbersOf (type) {
  const bits = type.bitWidth
  if (type.typeId === Type.Int) {
    return type.isSigned
      ? { 8: Int8Array, 16: Int16Array, 32: Int32Array, 64: BigInt64Array }[bits]
      : { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array, 64: BigUint64Array }[bits]
  }
  switch (type.typeId) {
    case Type.Float: return [Uint16Array, Float32Array, Float64Array][type.precision]
    case Type.Date: return type.unit === arrow.DateUnit.DAY ? Int32Array : BigInt64Array
    case Type.Time: return bits === 32 ? Int32Array : BigInt64Array
    default: return BigInt64Array
  }
}

function numbers (type, values) {
  const array = new (numbersOf(type))(values.length)
  const wide = array instanceof BigInt64Array || array instanceof BigUint64Array
  values.forEach((value, i) => { if (value !== null) array[i] = wide ? BigInt(value) : Number(value) })
  return array
}

function decimals (type, values) {
  const words = type.bitWidth / 32
  const array = new Uint32Array(values.length * words)
  values.forEach((value, i) => {
    let rest = BigInt.asUintN(type.bitWidth, BigInt(value === null ? 0 : value))
    for (let k = 0; k < words; k++, rest >>= 32n) array[i * words + k] = Number(rest & 0xffffffffn)
  })
  return array
}

function offsetsOf (lengths, large) {
  const offsets = large ? new BigInt64Array(lengths.length + 1) : new Int32Array(lengths.length + 1)
  let sum = 0
  lengths.forEach((length, i) => {
    sum += length
    offsets[i + 1] = large ? BigInt(sum) : sum
  })
  return offsets
}

function strings (type, values) {
  const parts = values.map(value => value === null ? Buffer.alloc(0) : Buffer.from(value))
  const large = type.typeId === Type.LargeUtf8 || type.typeId === Type.LargeBinary
  return { valueOffsets: offsetsOf(parts.map(part => part.length), large), data: new Uint8Array(Buffer.concat(parts)) }
}

function fixedBytes (type, values) {
  const data = new Uint8Array(values.length * type.byteWidth)
  values.forEach((value, i) => { if (value !== null) data.set(value, i * type.byteWidth) })
  return data
}

// What stands below a null, where something must.
function filler (field) {
  const type = field.type
  if (field.nullable || type.typeId === Type.Null) return null
  switch (type.typeId) {
    case Type.Utf8:
    case Type.LargeUtf8: return ''
    case Type.Binary:
    case Type.LargeBinary: return Buffer.alloc(0)
    case Type.FixedSizeBinary: return Buffer.alloc(type.byteWidth)
    case Type.List:
    case Type.Map: return []
    case Type.FixedSizeList: return Array.from({ length: type.listSize }, () => filler(type.children[0]))
    case Type.Struct: return Object.fromEntries(type.children.map(child => [child.name, filler(child)]))
    case Type.Dictionary: return filler({ type: type.dictionary, nullable: false })
    case Type.Bool: return false
    default: return 0
  }
}

// Indices, and the values in the order in which they come.
function dictionary (type, values) {
  const places = new Map()
  const items = []
  const indices = values.map(value => {
    if (value === null) return null
    const key = String(value)
    if (!places.has(key)) {
      places.set(key, items.length)
      items.push(value)
    }
    return places.get(key)
  })
  return { data: numbers(type.indices, indices), dictionary: new arrow.Vector([dataOf(type.dictionary, items)]) }
}

function partsOf (type, values) {
  const child = type.children && type.children[0]
  switch (type.typeId) {
    case Type.Bool: return { data: bitmap(values) }
    case Type.Decimal: return { data: decimals(type, values) }
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Binary:
    case Type.LargeBinary: return strings(type, values)
    case Type.FixedSizeBinary: return { data: fixedBytes(type, values) }
    case Type.List:
    case Type.Map: return {
      valueOffsets: offsetsOf(values.map(value => value === null ? 0 : value.length), false),
      child: dataOf(child.type, values.flatMap(value => value === null ? [] : value))
    }
    case Type.FixedSizeList: return {
      child: dataOf(child.type, values.flatMap(value => value === null ? Array.from({ length: type.listSize }, () => filler(child)) : value))
    }
    case Type.Struct: return {
      children: type.children.map(field => dataOf(field.type, values.map(value => value === null ? filler(field) : value[field.name])))
    }
    case Type.Dictionary: return dictionary(type, values)
    default: return { data: numbers(type, values) }
  }
}

function dataOf (type, values) {
  const length = values.length
  if (type.typeId === Type.Null) return arrow.makeData({ type, length, nullCount: length })
  const nullCount = values.filter(value => value === null).length
  const nullBitmap = nullCount > 0 ? bitmap(values.map(value => value !== null)) : undefined
  return arrow.makeData({ type, length, nullCount, nullBitmap, ...partsOf(type, values) })
}

// A table of one batch: columns are { field, values }.
function tableOf (columns) {
  const schema = new arrow.Schema(columns.map(column => column.field))
  const data = arrow.makeData({
    type: new arrow.Struct(schema.fields),
    length: columns[0].values.length,
    nullCount: 0,
    children: columns.map(({ field, values }) => dataOf(field.type, values))
  })
  return new arrow.Table(schema, [new arrow.RecordBatch(schema, data)])
}

module.exports = { tableOf }
