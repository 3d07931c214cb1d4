import { describe, expect, it } from 'vitest'
import { limits } from '../../../../src/base/index.ts'
import { fromHex, toHex } from '../../../../src/codec/index.ts'
import { actFor, type Intent } from '../../../../src/team/index.ts'
import { Desk, bytesOf, claimOf } from '../../../helpers/team-desk.ts'

function invite(key: string, more: Partial<Intent & { kind: 'CreateInvite' }> = {}): Intent {
  return { kind: 'CreateInvite', key: bytesOf(key), notAfter: 1, ...more }
}

/** A team, and the id of an open invite by `by`. */
function withInvite(by: string, more: Partial<Intent & { kind: 'CreateInvite' }> = {}): [Desk, Uint8Array] {
  const desk = new Desk().seats('owner', 'admin', 'operator', 'user')
  desk.does('O', { kind: 'CreateLabel', label: 'x' })
  if (desk.does(by, invite('door', more)) !== 'ok') throw new Error('not invited')
  return [desk, fromHex(desk.last)]
}

describe('CreateInvite', () => {
  it('opens a door in the roles and with the labels that its creator could give', () => {
    const [desk, id] = withInvite('operator', { labels: ['x'], maxUses: 3 })
    expect(desk.state.invites.get(toHex(id))).toMatchObject({ role: 'user', uses: 0, maxUses: 3, notAfter: 1 })
    expect(desk.does('user', invite('u'))).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('admin', invite('a'))).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('operator', invite('b', { role: 'operator' }))).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('operator', invite('c', { role: 'sync-only' }))).toBe('ok')
    expect(desk.does('operator', invite('door'))).toBe('ERR_TEAM_DUPLICATE')
    expect(desk.does('operator', invite('d'), { weak: true })).toBe('ERR_TEAM_KEY_WEAK')
    expect(desk.does('operator', invite('e', { role: 'none' }))).toBe('ERR_TEAM_UNKNOWN_ROLE')
    expect(desk.does('operator', invite('f', { labels: ['none'] }))).toBe('ERR_TEAM_UNKNOWN_LABEL')
  })

  it('a role at or above the creator is too high (T53), and labels need their own permission', () => {
    const desk = new Desk()
    desk.does('O', { kind: 'CreateLabel', label: 'x' })
    desk.does('O', { kind: 'CreateRole', role: 'host', rank: 650, permissions: ['device.add', 'role.assign'] })
    desk.seat('H', 'host')
    expect(desk.does('H', invite('a', { role: 'host' }))).toBe('ERR_TEAM_RANK_TOO_LOW')
    expect(desk.does('H', invite('b', { labels: ['x'] }))).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('H', invite('c', { role: 'user' }))).toBe('ok')
    expect(desk.does('O', invite('d', { role: 'owner' }))).toBe('ok')
  })

  it('binds the labels it brings', () => {
    const desk = new Desk()
    desk.does('O', { kind: 'CreateLabel', label: 'x' })
    const stale = actFor(desk.state, invite('a', { labels: ['x'] }))
    desk.does('O', { kind: 'DeleteLabel', label: 'x' })
    desk.does('O', { kind: 'CreateLabel', label: 'x' })
    if (stale.kind !== 'CreateInvite') throw new Error('no act')
    expect(desk.act('O', stale)).toBe('ERR_TEAM_STALE_GENERATION')
  })

  it('at most 256 are open', () => {
    const desk = new Desk()
    for (let i = 0; i < limits.invitesOpenMax; i++) expect(desk.does('O', invite(`door ${i}`))).toBe('ok')
    expect(desk.does('O', invite('one more'))).toBe('ERR_TEAM_LIMIT')
  })
})

describe('RevokeInvite', () => {
  it('is for the creator while it could still make it, or for who ranks above it and may remove devices', () => {
    const revoke = (by: string, creator = 'operator'): string => {
      const [desk, id] = withInvite(creator)
      return desk.does(by, { kind: 'RevokeInvite', invite: id })
    }
    expect(revoke('operator')).toBe('ok')
    expect(revoke('O')).toBe('ok')
    expect(revoke('user')).toBe('ERR_TEAM_NO_PERMISSION')
    expect(revoke('admin')).toBe('ERR_TEAM_NO_PERMISSION')
    expect(revoke('operator', 'O')).toBe('ERR_TEAM_RANK_TOO_LOW')
    expect(revoke('owner', 'O')).toBe('ERR_TEAM_RANK_TOO_LOW')
  })

  it('of what is not open: UNKNOWN_INVITE, where the author might have made one', () => {
    const [desk, id] = withInvite('operator')
    desk.does('O', { kind: 'RevokeInvite', invite: id })
    expect(desk.does('operator', { kind: 'RevokeInvite', invite: id })).toBe('ERR_TEAM_UNKNOWN_INVITE')
    expect(desk.does('user', { kind: 'RevokeInvite', invite: id })).toBe('ERR_TEAM_NO_PERMISSION')
  })
})

describe('AdmitDevice', () => {
  const admit = (desk: Desk, id: Uint8Array, name: string, doing: object = {}, by = 'operator'): string =>
    desk.does(by, { kind: 'AdmitDevice', claim: claimOf(name, id), name }, doing)

  it('lets in with the role and the labels of the invite, and counts its uses', () => {
    const [desk, id] = withInvite('O', { labels: ['x'], maxUses: 2, role: 'operator' })
    expect(admit(desk, id, 'J', {}, 'user')).toBe('ERR_TEAM_NO_PERMISSION')
    expect(admit(desk, id, 'J', { claimHolds: false })).toBe('ERR_TEAM_INVITE_CLAIM_INVALID')
    expect(admit(desk, id, 'J', { weak: true })).toBe('ERR_TEAM_KEY_WEAK')
    expect(admit(desk, id, 'J')).toBe('ok')
    expect(desk.member('J')).toMatchObject({ role: 'operator', generation: 0, roleBy: desk.last })
    expect(desk.member('J')?.labels.get('x')).toMatchObject({ op: 'send-recv', by: desk.last })
    expect(admit(desk, id, 'J')).toBe('ERR_TEAM_DUPLICATE')
    expect(admit(desk, id, 'K')).toBe('ok')
    expect(admit(desk, id, 'L')).toBe('ERR_TEAM_INVITE_EXHAUSTED')
    expect(admit(desk, bytesOf('no invite'), 'L')).toBe('ERR_TEAM_UNKNOWN_INVITE')
  })

  it('a claim for another invite is none for this one', () => {
    const [desk, id] = withInvite('O')
    desk.does('O', invite('other'))
    const act = actFor(desk.state, { kind: 'AdmitDevice', claim: claimOf('J', fromHex(desk.last)), name: 'J' })
    if (act.kind !== 'AdmitDevice') throw new Error('no act')
    expect(desk.act('operator', { ...act, body: { ...act.body, invite: id } })).toBe('ERR_TEAM_INVITE_CLAIM_INVALID')
  })

  it('who was removed comes back in its next generation alone', () => {
    const [desk, id] = withInvite('O', { maxUses: 2 })
    const first = actFor(desk.state, { kind: 'AdmitDevice', claim: claimOf('user', id), name: 'user' })
    desk.does('O', { kind: 'RemoveDevice', device: desk.device('user') })
    if (first.kind !== 'AdmitDevice') throw new Error('no act')
    expect(desk.act('operator', first)).toBe('ERR_TEAM_STALE_GENERATION')
    expect(admit(desk, id, 'user')).toBe('ok')
    expect(desk.member('user')?.generation).toBe(1)
  })

  it('an invite lives on its creator: gone with it (T50), and with its right to make it', () => {
    const [removed, id] = withInvite('operator')
    removed.seat('operator2', 'operator')
    removed.does('O', { kind: 'RemoveDevice', device: removed.device('operator') })
    expect(admit(removed, id, 'J', {}, 'operator2')).toBe('ERR_TEAM_UNKNOWN_INVITE')
    const [demoted, other] = withInvite('operator')
    demoted.seat('operator2', 'operator')
    demoted.does('operator', { kind: 'AssignRole', device: demoted.device('operator'), role: 'user' })
    expect(admit(demoted, other, 'J', {}, 'operator2')).toBe('ERR_TEAM_UNKNOWN_INVITE')
  })
})
