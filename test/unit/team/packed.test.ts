import { describe, expect, it } from 'vitest'
import { pack, unpack } from '../../../src/team/packed.ts'
import { Table } from '../../../src/team/table.ts'
import { expectCode } from '../../helpers/expect-code.ts'

const id = 'a1'.repeat(32)

describe('packed values', () => {
  it('come back as they were, whatever is in them', () => {
    const values = [
      ...[undefined, null, true, false, 0, 127, 128, 2 ** 53 - 1, '', 'größer', id, id.toUpperCase(), ' '],
      ...[new Uint8Array(0), new Uint8Array(32).fill(0xa1), [], {}, [[[]]], { a: { b: undefined } }],
      new Map<unknown, unknown>([
        [1, 'one'],
        ['1', [1]],
      ]),
      new Set(['x', id]),
      // A network may be called so.
      JSON.parse('{"__proto__": 1}') as unknown,
    ]
    for (const value of [...values, values]) expect(unpack(pack(value))).toEqual(value)
    const again = unpack(pack(JSON.parse('{"__proto__": 1}'))) as object
    expect(Object.hasOwn(again, '__proto__')).toBe(true)
  })

  it('keep tables, and one object that stands in two places', () => {
    const row = { key: new Uint8Array(32).fill(7) }
    let table = new Table<typeof row>()
    for (let n = 0; n < 200; n++) table = table.with(n.toString(16).padStart(64, '0'), row)
    const found = unpack(pack({ table, row })) as { table: Table<typeof row>; row: typeof row }
    expect(found.table).toBeInstanceOf(Table)
    expect(found.table.size).toBe(200)
    for (const value of found.table.values()) expect(value).toBe(found.row)
    expect(found.row).toEqual(row)
    // Ids as text take what they take as bytes, and a row once.
    expect(pack({ table, row }).length).toBeLessThan(200 * 40)
  })

  it('that are cut short or name what is not there are refused, and so is what cannot be packed', () => {
    const bytes = pack({ a: [1, 'text', new Uint8Array(40)], b: id })
    for (let length = 0; length < bytes.length; length++)
      expectCode('ERR_INTERNAL_ERROR', () => unpack(bytes.subarray(0, length)))
    expectCode('ERR_INTERNAL_ERROR', () => unpack(Uint8Array.of(5, 9)))
    expectCode('ERR_INTERNAL_ERROR', () => unpack(Uint8Array.of(99, 0)))
    for (const value of [-1, 0.5, NaN, () => 1, Symbol('x')]) expectCode('ERR_INTERNAL_ERROR', () => pack(value))
  })
})
