import { describe, expect, it } from 'vitest'
import { createGate, type GateFacts, type ListFacts } from '../../../src/access/index.ts'

const listed = '12D3KooWListed'
const other = '12D3KooWOther'

const read = (...peers: string[]): ListFacts => ({ state: 'read', peers: new Set(peers) })
const missing: ListFacts = { state: 'missing', peers: new Set() }
const unreadable: ListFacts = { state: 'unreadable', peers: new Set(), why: 'not JSON' }

interface Row {
  readonly title: string
  readonly facts: Partial<GateFacts>
  /** Answers for the listed peer, the other peer, and a dial that names nobody. */
  readonly answers: readonly ['admit' | 'refuse', 'admit' | 'refuse', 'admit' | 'refuse']
}

const table: readonly Row[] = [
  { title: 'open, no lists', facts: {}, answers: ['admit', 'admit', 'admit'] },
  { title: 'open, allowed unreadable', facts: { allowed: unreadable }, answers: ['admit', 'admit', 'admit'] },
  { title: 'open, one barred', facts: { disallowed: read(other) }, answers: ['admit', 'refuse', 'admit'] },
  { title: 'open, barring unreadable', facts: { disallowed: unreadable }, answers: ['refuse', 'refuse', 'refuse'] },
  { title: 'permissioned, missing', facts: { permissioned: true }, answers: ['refuse', 'refuse', 'refuse'] },
  {
    title: 'permissioned, empty',
    facts: { permissioned: true, allowed: read() },
    answers: ['refuse', 'refuse', 'refuse'],
  },
  {
    title: 'permissioned, unreadable',
    facts: { permissioned: true, allowed: unreadable },
    answers: ['refuse', 'refuse', 'refuse'],
  },
  {
    title: 'permissioned, one listed',
    facts: { permissioned: true, allowed: read(listed) },
    answers: ['admit', 'refuse', 'admit'],
  },
  {
    title: 'permissioned, listed and barred',
    facts: { permissioned: true, allowed: read(listed, other), disallowed: read(listed) },
    answers: ['refuse', 'admit', 'admit'],
  },
  {
    title: 'permissioned, listed and barring unreadable',
    facts: { permissioned: true, allowed: read(listed), disallowed: unreadable },
    answers: ['refuse', 'refuse', 'refuse'],
  },
  {
    title: 'permissioned, file missing, team lists',
    facts: { permissioned: true, allowed: missing, team: { listed: new Set([listed]), removed: new Set() } },
    answers: ['admit', 'refuse', 'admit'],
  },
  {
    title: 'permissioned, file unreadable, team lists',
    facts: { permissioned: true, allowed: unreadable, team: { listed: new Set([listed]), removed: new Set() } },
    answers: ['refuse', 'refuse', 'refuse'],
  },
  {
    title: 'permissioned, file lists, team removed',
    facts: { permissioned: true, allowed: read(listed), team: { listed: new Set(), removed: new Set([listed]) } },
    answers: ['refuse', 'refuse', 'admit'],
  },
  {
    title: 'open, team removed',
    facts: { team: { listed: new Set(), removed: new Set([listed]) } },
    answers: ['refuse', 'admit', 'admit'],
  },
]

describe('the gate', () => {
  it.each(table)('sec/N3 sec/N4 $title: the same answer in and out', ({ facts, answers }) => {
    const gate = createGate(facts)
    for (const [index, peer] of [listed, other].entries()) {
      expect(gate.admitInbound(peer).kind).toBe(answers[index])
      expect(gate.admitOutbound(peer).kind).toBe(answers[index])
      expect(gate.admitDial(peer).kind).toBe(answers[index])
      expect(gate.mayStay(peer).kind).toBe(answers[index])
    }
    expect(gate.admitDial(undefined).kind).toBe(answers[2])
  })

  it('says why, with the code a peer may be told', () => {
    const gate = createGate({ permissioned: true, allowed: unreadable })
    expect(gate.admitInbound(listed)).toEqual({
      kind: 'refuse',
      code: 'ERR_ACCESS_NOT_PERMISSIONED',
      data: { peer: listed, because: 'permissioned-nodes.json cannot be read (not JSON) and admits nobody' },
    })
  })

  it('admits nobody new while a list is settling, and cuts nobody', () => {
    const gate = createGate({ permissioned: true, allowed: read(listed), settling: true })
    expect(gate.admitInbound(listed)).toMatchObject({ kind: 'refuse', code: 'ERR_SWARM_BUSY' })
    expect(gate.admitDial(undefined)).toMatchObject({ kind: 'refuse', code: 'ERR_SWARM_BUSY' })
    expect(gate.mayStay(listed).kind).toBe('admit')
    gate.update({ settling: false })
    expect(gate.admitInbound(listed).kind).toBe('admit')
  })

  it('sec/N6 a removal counts from the next question on', () => {
    const gate = createGate({ permissioned: true, allowed: read(listed) })
    expect(gate.isListed(listed)).toBe(true)
    gate.update({ allowed: read() })
    expect(gate.isListed(listed)).toBe(false)
    expect(gate.mayStay(listed).kind).toBe('refuse')
  })

  it('keeps no place free for the barred', () => {
    const gate = createGate({ allowed: read(listed), disallowed: read(listed) })
    expect(gate.isListed(listed)).toBe(false)
    expect(gate.isBarred(listed)).toBe(true)
  })
})
