import { expect, it } from 'vitest'
import { toHex } from '../../../src/codec/index.ts'
import { Table } from '../../../src/team/table.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const random = createSeededRandomness(3)
const keys = Array.from({ length: 300 }, () => toHex(random.bytes(32)))

it('a table is what a map would be after the same changes, whichever way it is gone through', () => {
  const map = new Map<string, number>()
  let table = new Table<number>()
  for (let n = 0; n < 2_000; n++) {
    const [a = 0, b = 0, isGone = 0] = random.bytes(3)
    const key = keys[(256 * a + b) % keys.length] ?? ''
    const before = [...table].length
    const changed = isGone < 90 ? table.without(key) : table.with(key, n)
    expect([...table]).toHaveLength(before)
    table = changed
    if (isGone < 90) map.delete(key)
    else map.set(key, n)
  }
  const wanted = [...map].sort()
  const seen: [string, number][] = []
  table.forEach((value, key) => seen.push([key, value]))
  expect(table.size).toBe(map.size)
  expect([...table].sort()).toEqual(wanted)
  expect(seen.sort()).toEqual(wanted)
  for (const key of keys) expect([table.get(key), table.has(key)]).toEqual([map.get(key), map.has(key)])
})

it('some() looks until the test holds, and is false where it never does', () => {
  let table = new Table<number>()
  for (const [n, key] of keys.slice(0, 50).entries()) table = table.with(key, n)
  const looked: number[] = []
  expect(table.some((value, key) => looked.push(value) === 3 && keys[value] === key)).toBe(true)
  expect(looked).toHaveLength(3)
  expect(table.some((value) => value > 49)).toBe(false)
  expect(new Table<number>().some(() => true)).toBe(false)
})
