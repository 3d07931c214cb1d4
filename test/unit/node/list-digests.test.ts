import { describe, expect, it } from 'vitest'
import { createGate, listDigest, type ListFacts } from '../../../src/access/index.ts'
import { createListDigests } from '../../../src/node/list-digests.ts'

const read = (...peers: string[]): ListFacts => ({ state: 'read', peers: new Set(peers) })
const digest = (...peers: string[]): string => listDigest(read(...peers)) ?? ''
const team = (listed: string[], removed: string[] = []) => ({ listed: new Set(listed), removed: new Set(removed) })
const hello = (permissioned: string, disallowed = digest()) => ({ permissioned, disallowed })

describe('list digests', () => {
  it('are of file and team together, less whom the team removed; a node without a team has those of its files', () => {
    const gate = createGate({ allowed: read('a', 'b') })
    const book = createListDigests(gate)
    expect(book.own).toEqual(hello(digest('a', 'b')))
    gate.update({ team: team(['c'], ['b']) })
    expect(book.own).toEqual(hello(digest('a', 'c')))
    gate.update({ allowed: { state: 'unreadable', peers: new Set() } })
    expect(book.own).toBeNull()
  })
  it('a peer whose digests are others differs, list by list', () => {
    const book = createListDigests(createGate({ allowed: read('a'), disallowed: read('x') }))
    expect(book.differing(hello(digest('a'), digest('x')))).toEqual([])
    expect(book.differing(hello(digest('b'), digest('x')))).toEqual(['permissioned'])
    expect(book.differing(hello(digest('b'), digest('y')))).toEqual(['permissioned', 'disallowed'])
  })
  it('what the team changes while a peer is connected makes no difference; what a file says does', () => {
    const gate = createGate({ allowed: read('a'), team: team(['b']) })
    const book = createListDigests(gate)
    book.note()
    const said = hello(digest('a', 'b'))
    gate.update({ team: team(['b', 'c']) })
    book.note()
    expect(book.differing(said)).toEqual([])
    gate.update({ allowed: read('a', 'd') })
    expect(book.differing(said)).toEqual(['permissioned'])
    gate.update({ allowed: read('a'), disallowed: read('x') })
    // Each file by itself: a ban makes no difference of the other list.
    expect(book.differing(hello(digest('a', 'b', 'c')))).toEqual(['disallowed'])
    gate.update({ disallowed: read() })
    expect(book.differing(hello(digest('a', 'b', 'c')))).toEqual([])
  })
})
