import { beforeAll, describe, expect, it } from 'vitest'
import { fail, silentLog } from '../../../../src/base/index.ts'
import { toHex } from '../../../../src/codec/index.ts'
import { openKeys, systemRandom, type Keys } from '../../../../src/keys/index.ts'
import { createTeams, type Teams } from '../../../../src/node/effects/team.ts'
import { newestActive } from '../../../../src/node/key-ring.ts'
import type { OwnKeys } from '../../../../src/node/own-keys.ts'
import { memoryStore } from '../../../../src/store/index.ts'
import { deviceId, type Member } from '../../../../src/team/index.ts'
import { memoryOwnKeys } from '../../../helpers/key-ring.ts'
import { eventually } from '../../../helpers/swarm-nodes.ts'

let keys: Keys
beforeAll(async () => {
  keys = await openKeys()
})

const port = {
  connect: () => Promise.reject(fail('ERR_INVALID_NODE_STATE', { what: 'no swarm in this test' })),
  open: () => Promise.reject(fail('ERR_INVALID_NODE_STATE', { what: 'no swarm in this test' })),
}

interface Time {
  readonly now: () => number
  readonly interval: () => number
}

function start(own: OwnKeys, time: Time = { now: () => 0, interval: () => 0 }): Promise<Teams> {
  return createTeams({
    keys,
    own,
    store: memoryStore(),
    clock: time,
    random: systemRandom,
    log: silentLog,
    events: { emit: () => undefined, isWatched: () => false },
    cut: (peers) => ({ peers, ms: 0 }),
    rotationInterval: time.interval,
  })
}

function memberIn(teams: Teams, team: string, own: OwnKeys): Member {
  const member = teams.replica(team).state.members.get(toHex(deviceId(own.identity.publicKey)))
  if (member === undefined) throw new Error('no member')
  return member
}

const hexes = (list: readonly Uint8Array[]): string[] => list.map((key) => toHex(key))

describe('the keys of a device in its teams', () => {
  it('new ones stand beside the old in every team, sign from then on, and the old ones retire everywhere', async () => {
    const own = memoryOwnKeys()
    const teams = await start(own)
    const ids = [(await teams.createTeam('a', 'one')).id, (await teams.createTeam('b', 'one')).id]
    const old = newestActive(own.ring.signing).publicKey
    expect(await teams.deviceKeys.addKey()).toMatchObject(ids.map((team) => ({ team, code: null })))
    for (const id of ids) {
      const member = memberIn(teams, id, own)
      expect(hexes(member.signing)).toEqual(hexes(own.ring.signing.map(({ pair }) => pair.publicKey)))
      expect(hexes(member.encryption)).toEqual(hexes(own.ring.encryption.map(({ pair }) => pair.publicKey)))
      expect(member.bundle).toBe(1)
      expect(await teams.author(id, { kind: 'CreateLabel', label: 'x' })).toHaveProperty('command')
      const [last] = teams.replica(id).graph.heads()
      expect(last?.command.key).toEqual(newestActive(own.ring.signing).publicKey)
    }
    expect(await teams.deviceKeys.retireKey(old, 'rotated')).toMatchObject(ids.map((team) => ({ team, code: null })))
    for (const id of ids) {
      const member = memberIn(teams, id, own)
      expect(hexes(member.signing)).not.toContain(toHex(old))
      expect(member.retired.get(toHex(old))?.reason).toBe('rotated')
    }
    expect(await teams.deviceKeys.retireKey(new Uint8Array(32), 'rotated')).toMatchObject({
      code: 'ERR_TEAM_UNKNOWN_KEY',
    })
    teams.stop()
  })

  it('one that was stolen is retired as compromised, and the owner rotates the epoch in the same batch', async () => {
    const own = memoryOwnKeys()
    const teams = await start(own)
    const { id } = await teams.createTeam('a', 'one')
    const first = await teams.sealingKey(id)
    await teams.deviceKeys.addKey()
    const old = own.ring.encryption[0]?.pair.publicKey ?? new Uint8Array()
    const { count } = teams.view(id)
    await teams.deviceKeys.retireKey(old, 'compromised')
    expect(teams.view(id).count).toBe(count + 2)
    const second = await teams.sealingKey(id)
    if ('code' in first || 'code' in second) throw new Error('not sealed')
    expect(second.epoch).not.toEqual(first.epoch)
    // What was sealed before stays readable with the archived key.
    expect(teams.epochSecret(second.team, first.epoch)).toEqual(first.secret)
    expect(teams.warnings()).toEqual([])
    const recipients = teams.replica(id).state.epochs.at(-1)?.recipients ?? []
    expect(recipients.map(([, , key]) => toHex(key))).toEqual([toHex(newestActive(own.ring.encryption).publicKey)])
    teams.stop()
  })

  it('rotate by themselves: announced after the interval, overlapping, then retired', async () => {
    // Never goes back, whatever is done to the machine's clock meanwhile.
    const now = (): number => Math.round(performance.timeOrigin + performance.now())
    const own = memoryOwnKeys(undefined, now)
    const [first] = own.ring.signing.map(({ pair }) => pair.publicKey)
    if (first === undefined) throw new Error('no key')
    const interval = { seconds: 0 }
    const teams = await start(own, { now, interval: () => interval.seconds })
    const { id } = await teams.createTeam('a', 'one')
    interval.seconds = 2
    teams.attach(port)
    await eventually(() => memberIn(teams, id, own).signing.length === 2, 'announced beside the old one')
    expect(hexes(memberIn(teams, id, own).signing)).toContain(toHex(first))
    const isRetired = (): boolean => memberIn(teams, id, own).retired.get(toHex(first))?.reason === 'rotated'
    await eventually(isRetired, 'the old one is retired')
    expect(teams.device.bundle.signing.map((key) => toHex(key))).not.toContain(toHex(first))
    teams.stop()
  })

  it('a team that has not heard of the new keys is signed for with the old ones, retired or not', async () => {
    const own = memoryOwnKeys()
    const teams = await start(own)
    const { id } = await teams.createTeam('a', 'one')
    await own.ring.add()
    await own.ring.retire(own.ring.signing[0]?.pair.publicKey ?? new Uint8Array(), 'rotated')
    expect(await teams.author(id, { kind: 'CreateLabel', label: 'x' })).toHaveProperty('command')
    const [head] = teams.replica(id).graph.heads()
    expect(head?.command.key).toEqual(own.ring.signing[0]?.pair.publicKey)
    teams.stop()
  })
})
