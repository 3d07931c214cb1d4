import { describe, expect, it } from 'vitest'
import {
  createGate,
  permittedPeers,
  standingOf,
  standings,
  type GateFacts,
  type ListFacts,
} from '../../../src/access/index.ts'

const read = (...peers: string[]): ListFacts => ({ state: 'read', peers: new Set(peers) })
const team = (listed: string[], removed: string[] = []) => ({ listed: new Set(listed), removed: new Set(removed) })
const facts = (some: Partial<GateFacts>): GateFacts => createGate({ permissioned: true, ...some }).facts

describe('which list speaks of a peer', () => {
  const all = facts({
    allowed: read('file', 'both', 'banned', 'out'),
    disallowed: read('banned', 'stranger'),
    team: team(['both', 'team'], ['out', 'gone']),
  })
  it.each([
    ['file', ['file'], [], true],
    ['team', ['team'], [], true],
    ['both', ['file', 'team'], [], true],
    ['banned', ['file'], ['disallowed'], false],
    ['out', ['file'], ['team'], false],
    ['gone', [], ['team'], false],
    ['stranger', [], ['disallowed'], false],
    ['nobody', [], [], false],
  ])('%s: admitted by %j, barred by %j', (peer, admittedBy, barredBy, listed) => {
    expect(standingOf(all, peer)).toEqual({ peer, admittedBy, barredBy, listed })
  })
  it('all that are named come once, sorted, and the gate says the same of each', () => {
    const rows = standings(all)
    expect(rows.map(({ peer }) => peer)).toEqual(['banned', 'both', 'file', 'gone', 'out', 'stranger', 'team'])
    const gate = createGate(all)
    for (const { peer, listed } of rows) expect(gate.mayStay(peer).kind).toBe(listed ? 'admit' : 'refuse')
  })
  it('an unreadable file admits nobody, whomever the team lists; an unreadable ban bars everybody', () => {
    const broken: ListFacts = { state: 'unreadable', peers: new Set(), why: 'not JSON' }
    expect(standingOf(facts({ allowed: broken, team: team(['a']) }), 'a')).toMatchObject({ admittedBy: [] })
    expect(standingOf(facts({ allowed: read('a'), disallowed: broken }), 'a')).toMatchObject({
      barredBy: ['disallowed'],
      listed: false,
    })
  })
  it('the effective list: file and team, less whom the team removed', () => {
    expect([...permittedPeers(all)].sort()).toEqual(['banned', 'both', 'file', 'team'])
    expect([...permittedPeers(facts({ allowed: read('a') }))]).toEqual(['a'])
  })
})
