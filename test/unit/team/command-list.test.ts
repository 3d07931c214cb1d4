import { expect, it } from 'vitest'
import { equalBytes, toHex } from '../../../src/codec/index.ts'
import { sha256 } from '../../../src/keys/index.ts'
import { CommandList } from '../../../src/team/index.ts'

function idOf(n: number): Uint8Array {
  return sha256(new TextEncoder().encode(`command ${n}`))
}

function bytesOf(n: number): Uint8Array {
  return new Uint8Array(1 + ((n * 37) % 4_096)).fill(n)
}

it('finds what was put in by its id, in whatever order the bytes came', () => {
  const list = new CommandList()
  const count = 3_000
  for (let n = 0; n < count; n++) expect(list.reserve(idOf(n))).toBe(n)
  expect(list.bytes(7)).toBeUndefined()
  for (let n = count - 1; n >= 0; n--) list.fill(n, bytesOf(n))
  expect(list.push(idOf(count), bytesOf(count))).toBe(count)
  expect(list.size).toBe(count + 1)
  for (let n = 0; n <= count; n++) {
    expect(list.find(toHex(idOf(n)))).toBe(n)
    expect(list.id(n)).toEqual(idOf(n))
    expect(equalBytes(list.bytes(n) ?? new Uint8Array(0), bytesOf(n))).toBe(true)
    expect([n, n + 1].map((one) => list.isIdHex(n, toHex(idOf(one))))).toEqual([true, false])
    expect(Math.sign(list.compare(n, 0))).toBe(Math.sign(toHex(idOf(n)) < toHex(idOf(0)) ? -1 : n === 0 ? 0 : 1))
  }
  for (const other of [toHex(idOf(-1)), '', 'ff', toHex(idOf(1)).toUpperCase(), 'g'.repeat(64)])
    expect(list.find(other)).toBe(-1)
})

it('an id that comes twice is found by its first place; ids that begin alike are told apart', () => {
  const list = new CommandList()
  const alike = Array.from({ length: 300 }, (_, n) => new Uint8Array(32).fill(n, 30))
  for (const id of alike) list.push(id, id)
  list.push(alike[0] as Uint8Array, new Uint8Array(1))
  for (const [n, id] of alike.slice(0, 256).entries()) expect(list.find(toHex(id))).toBe(n)
  expect(list.size).toBe(301)
})
