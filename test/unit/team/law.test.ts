import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/index.ts'
import { toHex } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import {
  actFor,
  check,
  deviceId,
  emptyState,
  encodeState,
  makeKeyBundle,
  type Act,
  type Intent,
  type Member,
  type TeamState,
} from '../../../src/team/index.ts'
import { Scribe, type Actor } from '../../helpers/team-scribe.ts'

let scribe: Scribe
beforeEach(async () => {
  scribe = new Scribe(await openKeys())
  scribe.found('O')
})

function code(
  state: TeamState,
  by: Actor,
  act: Act,
  change: { generation?: number; key?: Uint8Array; weak?: boolean } = {},
) {
  const generation = change.generation ?? state.members.get(toHex(by.device))?.generation ?? 0
  const author = {
    author: by.device,
    authorHex: toHex(by.device),
    key: change.key ?? by.identity.publicKey,
    generation,
  }
  return check(state, act, author, { weak: change.weak ?? false, claimHolds: false, isOrigin: true })?.code ?? 'ok'
}

function wish(state: TeamState, by: Actor, intent: Intent): string {
  const act = actFor(state, intent)
  return act.kind === 'refuse' ? (act as { code: string }).code : code(state, by, act)
}

/** A team with one device of each role beside the founder, all added by it; and a second owner. */
function fullTeam(): TeamState {
  for (const role of ['owner', 'admin', 'operator', 'user', 'sync-role']) scribe.add('O', role, role)
  for (const role of ['owner', 'admin', 'operator', 'user', 'sync-role']) scribe.add('O', `${role}2`, role)
  return scribe.stateOf()
}

const roles = ['owner', 'admin', 'operator', 'user', 'sync-role'] as const

/** Written by hand from the table of default roles. Rows: who acts; columns: the role of another device it acts on. */
const removes = {
  owner: ['RANK_TOO_LOW', 'ok', 'ok', 'ok', 'ok'],
  admin: ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION'],
  operator: ['RANK_TOO_LOW', 'RANK_TOO_LOW', 'RANK_TOO_LOW', 'ok', 'ok'],
  user: ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION'],
  'sync-role': ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION'],
}
const revokes = {
  owner: ['RANK_TOO_LOW', 'ok', 'ok', 'ok', 'DUPLICATE'],
  admin: ['RANK_TOO_LOW', 'RANK_TOO_LOW', 'ok', 'ok', 'DUPLICATE'],
  operator: ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION'],
  user: ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION'],
  'sync-role': ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION'],
}
/** Rows: who gives; columns: the role given to a device that is `sync-role`. */
const gives = {
  owner: ['ok', 'ok', 'ok', 'ok', 'DUPLICATE'],
  admin: ['RANK_TOO_LOW', 'RANK_TOO_LOW', 'ok', 'ok', 'DUPLICATE'],
  operator: ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'ok', 'NO_PERMISSION'],
  user: ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION'],
  'sync-role': ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION'],
}
/** Rows: who adds; columns: the role of the new device. */
const adds = {
  owner: ['ok', 'ok', 'ok', 'ok', 'ok'],
  admin: ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION'],
  operator: ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'ok', 'ok'],
  user: ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION'],
  'sync-role': ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION'],
}
/** Rows: who changes its own role; columns: to what. */
const steps = {
  owner: ['RANK_TOO_LOW', 'ok', 'ok', 'ok', 'ok'],
  admin: ['RANK_TOO_LOW', 'RANK_TOO_LOW', 'ok', 'ok', 'ok'],
  operator: ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'ok', 'ok'],
  user: ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'ok'],
  'sync-role': ['NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION', 'NO_PERMISSION'],
}

describe('sec/G10: who may do what', () => {
  it('the matrix of removing, revoking, giving, adding and stepping down is the one written by hand', () => {
    const state = fullTeam()
    for (const [i, by] of roles.entries()) {
      const actor = scribe.actor(by)
      const row = (judge: (role: (typeof roles)[number], i: number) => string): string[] =>
        roles.map(judge).map((found) => found.replace('ERR_TEAM_', ''))
      const target = (role: string) => scribe.actor(`${role}2`).device
      expect(row((role) => wish(state, actor, { kind: 'RemoveDevice', device: target(role) }))).toEqual(removes[by])
      expect(row((role) => wish(state, actor, { kind: 'RevokeRole', device: target(role), role }))).toEqual(revokes[by])
      expect(row((role) => wish(state, actor, { kind: 'AssignRole', device: target('sync-role'), role }))).toEqual(
        gives[by],
      )
      const bundle = scribe.actor('new').bundle
      expect(row((role) => wish(state, actor, { kind: 'AddDevice', bundle, name: 'new', role }))).toEqual(adds[by])
      expect(row((role) => wish(state, actor, { kind: 'AssignRole', device: actor.device, role }))).toEqual(steps[by])
      expect(wish(state, actor, { kind: 'RemoveDevice', device: actor.device })).toBe('ok')
      expect(wish(state, actor, { kind: 'RevokeRole', device: actor.device, role: by })).toBe(
        i === 4 ? 'ERR_TEAM_DUPLICATE' : 'ok',
      )
      expect(wish(state, actor, { kind: 'CloseTeam' })).toBe(i === 0 ? 'ok' : 'ERR_TEAM_NO_PERMISSION')
    }
  })

  it('an admin touches neither an owner nor another admin, and `sync-only` is `sync-role`', () => {
    const state = fullTeam()
    const device = scribe.actor('user').device
    const act = actFor(state, { kind: 'AssignRole', device, role: 'sync-only' }) as Act
    expect(act.body).toMatchObject({ role: 'sync-role', from: 'user' })
    expect(code(state, scribe.actor('admin'), act)).toBe('ok')
  })

  it('a refusal names what was missing', () => {
    const state = fullTeam()
    const act = actFor(state, { kind: 'RemoveDevice', device: scribe.actor('user').device }) as Act
    const { device, identity } = scribe.actor('admin')
    const author = { author: device, authorHex: toHex(device), key: identity.publicKey, generation: 0 }
    expect(check(state, act, author, { weak: false, claimHolds: false, isOrigin: true })).toEqual({
      kind: 'refuse',
      code: 'ERR_TEAM_NO_PERMISSION',
      data: { role: 'admin', action: 'remove devices', permission: 'device.remove' },
    })
  })
})

describe('the order of checks is part of the law', () => {
  it('closed, member, key, permission, target, staleness, rank, own: each hides what comes after it', () => {
    fullTeam()
    const open = scribe.stateOf()
    scribe.write('O', { kind: 'CloseTeam', reason: 'done' })
    const closed = scribe.stateOf()
    const [stranger, user, operator] = [scribe.actor('stranger'), scribe.actor('user'), scribe.actor('operator')]
    const gone = scribe.actor('gone').device
    const remove = (device: Uint8Array, gen: number): Act => ({ kind: 'RemoveDevice', body: { device, gen } })
    expect(code(closed, stranger, remove(gone, 9))).toBe('ERR_TEAM_CLOSED')
    expect(code(open, stranger, remove(gone, 9))).toBe('ERR_TEAM_NOT_MEMBER')
    expect(code(open, user, remove(gone, 9), { generation: 1 })).toBe('ERR_TEAM_NOT_MEMBER')
    expect(code(open, user, remove(gone, 9), { key: stranger.identity.publicKey })).toBe('ERR_TEAM_UNKNOWN_KEY')
    expect(code(open, user, remove(gone, 9))).toBe('ERR_TEAM_NO_PERMISSION')
    expect(code(open, operator, remove(gone, 9))).toBe('ERR_TEAM_UNKNOWN_DEVICE')
    const owner = scribe.actor('owner').device
    expect(code(open, operator, remove(owner, 9))).toBe('ERR_TEAM_STALE_GENERATION')
    expect(code(open, operator, remove(owner, 0))).toBe('ERR_TEAM_RANK_TOO_LOW')
  })

  it('roles: unknown, then of another origin, then not what the author saw', () => {
    const state = fullTeam()
    const admin = scribe.actor('admin')
    const { device } = scribe.actor('user')
    const body = { device, gen: 0, role: 'operator', roleAt: scribe.team, from: 'user' }
    const assign = (change: object): Act => ({ kind: 'AssignRole', body: { ...body, ...change } })
    expect(code(state, admin, assign({ role: 'clerk' }))).toBe('ERR_TEAM_UNKNOWN_ROLE')
    expect(code(state, admin, assign({ roleAt: new Uint8Array(32), from: 'admin' }))).toBe('ERR_TEAM_STALE_GENERATION')
    expect(code(state, admin, assign({ from: 'sync-role' }))).toBe('ERR_TEAM_STALE_ROLE')
    expect(code(state, admin, assign({}))).toBe('ok')
  })
})

describe('what is the kind’s own', () => {
  it('sec/G13: the last owner neither leaves nor steps down (T33)', () => {
    scribe.add('O', 'U')
    const state = scribe.stateOf()
    const O = scribe.actor('O')
    expect(wish(state, O, { kind: 'RemoveDevice', device: O.device })).toBe('ERR_TEAM_LAST_OWNER')
    expect(wish(state, O, { kind: 'AssignRole', device: O.device, role: 'user' })).toBe('ERR_TEAM_LAST_OWNER')
    expect(wish(state, O, { kind: 'RevokeRole', device: O.device, role: 'owner' })).toBe('ERR_TEAM_LAST_OWNER')
  })

  it('a device is added once, with keys of its own, none of them weak', () => {
    scribe.add('O', 'U')
    const state = scribe.stateOf()
    const O = scribe.actor('O')
    expect(wish(state, O, { kind: 'AddDevice', bundle: scribe.actor('U').bundle, name: 'again' })).toBe(
      'ERR_TEAM_DUPLICATE',
    )
    const thief = scribe.actor('thief').identity
    const borrowed = {
      identity: thief,
      sequence: 0,
      signing: [thief.publicKey],
      encryption: scribe.actor('U').bundle.encryption,
    }
    expect(wish(state, O, { kind: 'AddDevice', bundle: makeKeyBundle(scribe.keys, borrowed), name: 'thief' })).toBe(
      'ERR_TEAM_DUPLICATE',
    )
    for (const weak of [new Uint8Array(32), new Uint8Array(32).fill(255)]) {
      const bundle = makeKeyBundle(scribe.keys, { ...borrowed, encryption: [weak] })
      expect(wish(state, O, { kind: 'AddDevice', bundle, name: 'weak' })).toBe('ERR_TEAM_KEY_WEAK')
    }
    const act = actFor(state, { kind: 'AddDevice', bundle: scribe.actor('V').bundle, name: 'V' }) as Act
    expect(code(state, O, act, { weak: true })).toBe('ERR_TEAM_KEY_WEAK')
  })

  it('a team has at most 1,024 members', () => {
    const state = scribe.stateOf()
    const [owner] = state.members.values()
    let { members } = state
    for (let i = 0; members.size < limits.membersMax; i++) {
      const key = Uint8Array.of(i >> 8, i & 255, ...new Uint8Array(30).fill(9))
      members = members.with(`${i}`.padStart(4, '0'), {
        ...(owner as Member),
        deviceHex: `${i}`,
        role: 'user',
        identity: key,
        signing: [key],
        encryption: [],
      })
    }
    const wishes: Intent = { kind: 'AddDevice', bundle: scribe.actor('V').bundle, name: 'V' }
    expect(wish({ ...state, members }, scribe.actor('O'), wishes)).toBe('ERR_TEAM_LIMIT')
  })

  it('a team is created once, by who signs it with a key of its own bundle', () => {
    const { bundle } = scribe.actor('O')
    const act: Act = {
      kind: 'CreateTeam',
      body: { nonce: new Uint8Array(32), name: 'x', policy: 1, bundle, commonName: 'O' },
    }
    expect(code(emptyState, scribe.actor('O'), act)).toBe('ok')
    expect(code(scribe.stateOf(), scribe.actor('O'), act)).toBe('ERR_TEAM_BAD_PARENT')
    expect(code(emptyState, scribe.actor('other'), act)).toBe('ERR_TEAM_UNKNOWN_KEY')
    expect(code(emptyState, scribe.actor('O'), act, { weak: true })).toBe('ERR_TEAM_KEY_WEAK')
  })

  it('what was removed comes back with the next generation, and old references are stale (T46)', () => {
    scribe.add('O', 'U')
    scribe.remove('O', 'U')
    scribe.add('O', 'U', 'operator')
    const state = scribe.stateOf()
    const { device } = scribe.actor('U')
    expect(state.members.get(toHex(device))).toMatchObject({ generation: 1, role: 'operator' })
    expect(code(state, scribe.actor('O'), { kind: 'RemoveDevice', body: { device, gen: 0 } })).toBe(
      'ERR_TEAM_STALE_GENERATION',
    )
    expect(code(state, scribe.actor('U'), { kind: 'RemoveDevice', body: { device, gen: 1 } })).toBe('ok')
    expect(deviceId(scribe.actor('U').identity.publicKey)).toEqual(device)
  })

  it('sec/G11: a refused act leaves no trace: check changes nothing', () => {
    const state = fullTeam()
    const before = toHex(encodeState(state))
    wish(state, scribe.actor('user'), { kind: 'CloseTeam' })
    expect(toHex(encodeState(state))).toBe(before)
  })
})
