import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { decodeCbor, encodeCbor } from '../../../src/codec/index.ts'
import { wireValue } from '../../../src/admin/wire-value.ts'
import { operations, rowOf, type OperationName } from '../../../src/operations/index.ts'
import { expectCode } from '../../helpers/expect-code.ts'

function describeOperation(name: OperationName) {
  const row = rowOf(name)
  return { ...row, name, input: z.toJSONSchema(row.input(), { io: 'input' }), output: z.toJSONSchema(row.output()) }
}

describe('an output on the wire', () => {
  it('is plain data that both doors can send', () => {
    const output = {
      ms: 1.6,
      not: Number.NaN,
      gone: undefined,
      text: 'a\ud800b',
      list: [undefined, true],
      bytes: Uint8Array.of(1),
    }
    const value = wireValue(output)
    expect({ ...(value as object) }).toEqual({
      ms: 2,
      not: null,
      text: 'a\ufffdb',
      list: [null, true],
      bytes: Uint8Array.of(1),
    })
    expect(decodeCbor(encodeCbor({ t: 'response', output: value }))).toBeTruthy()
  })

  it('cannot carry what reaches a prototype', () => {
    const value = wireValue(JSON.parse('{"__proto__":{"polluted":1}}')) as object
    expect(Object.getPrototypeOf(value)).toBeNull()
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('can be the whole table of operations with its schemas', () => {
    const names = Object.keys(operations) as OperationName[]
    const output = { operations: names.map((name) => describeOperation(name)) }
    expect(decodeCbor(encodeCbor({ t: 'response', output: wireValue(output) }))).toBeTruthy()
  })

  it('is bounded in depth and number, frame included', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
    expect(encodeCbor({ t: 'response', output: wireValue(nested(15)) })).toBeInstanceOf(Uint8Array)
    expectCode('ERR_ADMIN_TOO_LARGE', () => wireValue(nested(16)))
    const most = wireValue(new Array(9_997).fill(1))
    expect(decodeCbor(encodeCbor({ t: 'response', output: most }))).toBeTruthy()
    expectCode('ERR_ADMIN_TOO_LARGE', () => wireValue(new Array(9_998).fill(1)))
  })
})
