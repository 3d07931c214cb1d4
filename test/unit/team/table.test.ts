import { expect, it } from 'vitest'
import { toHex } from '../../../src/codec/index.ts'
import { Table } from '../../../src/team/table.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

it('a table names every key under which it differs from another, and few that it does not', () => {
  const random = createSeededRandomness(3)
  const keys = Array.from({ length: 500 }, () => toHex(random.bytes(32)))
  let before = new Table<number>()
  for (const [n, key] of keys.entries()) before = before.with(key, n)
  expect(before.differing(before)).toEqual(new Set())
  for (let round = 0; round < 50; round++) {
    const [gone, other] = [keys[round], keys[round + 100]] as [string, string]
    const added = toHex(random.bytes(32))
    const after = before.without(gone).with(other, -1).with(added, 1)
    const named = after.differing(before)
    for (const key of [gone, other, added]) expect(named).toContain(key)
    expect(before.differing(after)).toEqual(named)
    expect(named.size).toBeLessThan(100)
    before = after
  }
})
