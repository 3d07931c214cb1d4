import { describe, expect, it } from 'vitest'
import { limits } from '../../../../src/base/index.ts'
import { idText } from '../../../../src/codec/index.ts'
import { actFor, check, type Intent } from '../../../../src/team/index.ts'
import { Desk, bytesOf } from '../../../helpers/team-desk.ts'

const manager = [
  'device.add',
  'device.admit',
  'device.remove',
  'role.assign',
  'role.revoke',
  'label.define',
  'label.assign',
  'name.assign',
  'key.rotate',
]

function create(role: string, rank: number, permissions: string[] = []): Intent {
  return { kind: 'CreateRole', role, rank, permissions }
}

describe('CreateRole', () => {
  it('makes a role that is held like the others: rank, permissions, a ceiling one below its rank', () => {
    const desk = new Desk().seats('user', 'operator')
    expect(desk.does('O', create('manager', 800, manager))).toBe('ok')
    expect(desk.state.roles.get('manager')).toMatchObject({ rank: 800, ceiling: 799, builtin: false })
    desk.seat('A', 'manager').seat('B', 'manager')
    expect(desk.member('A')).toMatchObject({ role: 'manager', roleAt: desk.state.roles.get('manager')?.at })
    expect(desk.does('A', { kind: 'AssignRole', device: desk.device('user'), role: 'operator' })).toBe('ok')
    expect(desk.does('A', { kind: 'AssignRole', device: desk.device('user'), role: 'admin' })).toBe(
      'ERR_TEAM_RANK_TOO_LOW',
    )
    expect(desk.does('A', { kind: 'RemoveDevice', device: desk.device('B') })).toBe('ERR_TEAM_RANK_TOO_LOW')
    expect(desk.does('A', { kind: 'RemoveDevice', device: desk.device('operator') })).toBe('ok')
  })

  it('an admin cannot touch a custom role above its ceiling', () => {
    const desk = new Desk().seats('admin', 'user')
    desk.does('O', create('clerk', 750))
    desk.seat('C', 'clerk')
    expect(desk.does('admin', { kind: 'AssignRole', device: desk.device('user'), role: 'clerk' })).toBe(
      'ERR_TEAM_RANK_TOO_LOW',
    )
    expect(desk.does('admin', { kind: 'RevokeRole', device: desk.device('C'), role: 'clerk' })).toBe(
      'ERR_TEAM_RANK_TOO_LOW',
    )
  })

  it('refuses taken and built-in names, `sync-only` too; forbidden sets; ranks not below the author', () => {
    const desk = new Desk().seats('admin')
    expect(desk.does('admin', create('clerk', 200))).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('O', create('clerk', 200))).toBe('ok')
    for (const taken of ['clerk', 'owner', 'user', 'sync-role', 'sync-only'])
      expect(desk.does('O', create(taken, 200))).toBe('ERR_TEAM_DUPLICATE')
    expect(desk.does('O', create('closer', 200, ['team.close']))).toBe('ERR_TEAM_PERMISSION_FORBIDDEN')
    expect(desk.does('O', create('pawner', 200, ['role.define', 'role.assign']))).toBe('ERR_TEAM_PERMISSION_FORBIDDEN')
    expect(desk.does('O', create('flyer', 200, ['channel.fly']))).toBe('ERR_TEAM_UNKNOWN_PERMISSION')
    expect(desk.does('O', create('sender', 999_999, ['channel.use', 'role.define']))).toBe('ok')
    desk.seat('S', 'sender')
    expect(desk.does('S', create('equal', 999_999))).toBe('ERR_TEAM_RANK_TOO_LOW')
    expect(desk.does('S', create('below', 999_998))).toBe('ok')
  })

  it('there are at most 64', () => {
    const desk = new Desk()
    for (let i = 0; i < limits.customRolesMax; i++) expect(desk.does('O', create(`r${i}`, 200))).toBe('ok')
    expect(desk.does('O', create('more', 200))).toBe('ERR_TEAM_LIMIT')
  })
})

describe('DeleteRole', () => {
  it('takes a role that nobody holds, and the open invites for it; the next of that name is another one', () => {
    const desk = new Desk().seats('admin', 'user')
    desk.does('O', create('clerk', 650))
    const before = actFor(desk.state, { kind: 'AssignRole', device: desk.device('user'), role: 'clerk' })
    desk.does('O', { kind: 'CreateInvite', key: bytesOf('door'), role: 'clerk', notAfter: 1 })
    desk.seat('C', 'clerk')
    expect(desk.does('admin', { kind: 'DeleteRole', role: 'clerk' })).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('O', { kind: 'DeleteRole', role: 'clerk' })).toBe('ERR_TEAM_ROLE_IN_USE')
    expect(desk.does('O', { kind: 'DeleteRole', role: 'admin' })).toBe('ERR_TEAM_ROLE_BUILTIN')
    expect(desk.does('O', { kind: 'DeleteRole', role: 'nothing' })).toBe('ERR_TEAM_UNKNOWN_ROLE')
    desk.does('O', { kind: 'RevokeRole', device: desk.device('C'), role: 'clerk' })
    expect(desk.state.invites.size).toBe(1)
    expect(desk.does('O', { kind: 'DeleteRole', role: 'clerk' })).toBe('ok')
    expect(desk.state.roles.size + desk.state.invites.size).toBe(0)
    if (before.kind !== 'AssignRole') throw new Error('no act')
    expect(desk.act('O', before)).toBe('ERR_TEAM_UNKNOWN_ROLE')
    desk.does('O', create('clerk', 650))
    expect(desk.act('O', before)).toBe('ERR_TEAM_STALE_GENERATION')
  })

  it('needs a rank above the role', () => {
    const desk = new Desk()
    desk.does('O', create('definer', 500, ['role.define']))
    desk.does('O', create('same', 500))
    desk.does('O', create('lower', 499))
    desk.seat('D', 'definer')
    expect(desk.does('D', { kind: 'DeleteRole', role: 'same' })).toBe('ERR_TEAM_RANK_TOO_LOW')
    expect(desk.does('D', { kind: 'AddPermission', role: 'same', permission: 'name.assign' })).toBe(
      'ERR_TEAM_RANK_TOO_LOW',
    )
    expect(desk.does('D', { kind: 'RemovePermission', role: 'same', permission: 'name.assign' })).toBe(
      'ERR_TEAM_RANK_TOO_LOW',
    )
    expect(desk.does('D', { kind: 'DeleteRole', role: 'lower' })).toBe('ok')
  })
})

describe('AddPermission and RemovePermission', () => {
  it('change what a role may, and remember who gave it', () => {
    const desk = new Desk()
    desk.does('O', create('clerk', 650, ['name.assign']))
    const made = desk.last
    const change = (kind: 'AddPermission' | 'RemovePermission', permission: string, role = 'clerk') =>
      desk.does('O', { kind, role, permission })
    expect(change('AddPermission', 'label.define')).toBe('ok')
    expect([...(desk.state.roles.get('clerk')?.sources ?? [])]).toEqual([
      ['name.assign', made],
      ['label.define', desk.last],
    ])
    expect(change('AddPermission', 'label.define')).toBe('ERR_TEAM_DUPLICATE')
    expect(change('AddPermission', 'team.close')).toBe('ERR_TEAM_PERMISSION_FORBIDDEN')
    expect(change('AddPermission', 'role.define')).toBe('ok')
    expect(change('AddPermission', 'role.assign')).toBe('ERR_TEAM_PERMISSION_FORBIDDEN')
    expect(change('AddPermission', 'no.such')).toBe('ERR_TEAM_UNKNOWN_PERMISSION')
    expect(change('AddPermission', 'name.assign', 'user')).toBe('ERR_TEAM_ROLE_BUILTIN')
    expect(change('AddPermission', 'name.assign', 'none')).toBe('ERR_TEAM_UNKNOWN_ROLE')
    desk.seat('C', 'clerk')
    expect(desk.does('C', { kind: 'CreateLabel', label: 'x' })).toBe('ok')
    expect(change('RemovePermission', 'label.define')).toBe('ok')
    expect(desk.does('C', { kind: 'CreateLabel', label: 'y' })).toBe('ERR_TEAM_NO_PERMISSION')
    expect(change('RemovePermission', 'label.define')).toBe('ERR_TEAM_UNKNOWN_PERMISSION')
    expect(change('RemovePermission', 'channel.use', 'user')).toBe('ERR_TEAM_ROLE_BUILTIN')
    expect(change('RemovePermission', 'channel.use', 'none')).toBe('ERR_TEAM_UNKNOWN_ROLE')
  })

  it('what a holder could no longer invite is no longer open', () => {
    const desk = new Desk()
    desk.does('O', create('host', 650, ['device.add', 'role.assign-user', 'label.assign']))
    desk.seat('H', 'host').seat('other', 'operator')
    desk.does('O', { kind: 'CreateLabel', label: 'x' })
    const invite = (by: string, key: string, more: object = {}) =>
      desk.does(by, { kind: 'CreateInvite', key: bytesOf(key), notAfter: 1, ...more })
    expect(invite('H', 'plain')).toBe('ok')
    expect(invite('H', 'labelled', { labels: ['x'] })).toBe('ok')
    expect(invite('other', 'theirs')).toBe('ok')
    desk.does('O', { kind: 'RemovePermission', role: 'host', permission: 'label.assign' })
    expect(desk.state.invites.size).toBe(2)
    desk.does('O', { kind: 'RemovePermission', role: 'host', permission: 'role.assign-user' })
    expect([...desk.state.invites.values()].map(({ creator }) => creator)).toEqual([desk.sitter('other').hex])
  })
})

describe('AssignRole and RevokeRole', () => {
  it('remember what gave the role, and close the invites that the device could no longer make', () => {
    const desk = new Desk().seats('operator', 'user', 'admin')
    expect(desk.member('user')?.roleBy).toBe(desk.member('user')?.admitted.idHex)
    desk.does('operator', { kind: 'CreateInvite', key: bytesOf('a'), notAfter: 1 })
    const device = desk.device('operator')
    expect(desk.does('admin', { kind: 'AssignRole', device, role: 'user' })).toBe('ok')
    expect(desk.member('operator')).toMatchObject({ role: 'user', roleBy: desk.last })
    expect(desk.state.invites.size).toBe(0)
    expect(desk.does('O', { kind: 'AssignRole', device, role: 'owner' })).toBe('ok')
    expect(desk.does('admin', { kind: 'RevokeRole', device, role: 'owner' })).toBe('ERR_TEAM_RANK_TOO_LOW')
    expect(desk.does('operator', { kind: 'RevokeRole', device, role: 'owner' })).toBe('ok')
    expect(desk.member('operator')).toMatchObject({ role: 'sync-role', roleBy: desk.last, roleAt: desk.state.team })
  })

  it('a device lowers itself whatever its role, and never raises itself', () => {
    const desk = new Desk().seats('user')
    desk.does('O', create('weak', 300))
    desk.does('O', create('mighty', 900, ['role.assign']))
    desk.seat('M', 'mighty')
    const self = (name: string, role: string) =>
      desk.does(name, { kind: 'AssignRole', device: desk.device(name), role })
    expect(self('user', 'operator')).toBe('ERR_TEAM_NO_PERMISSION')
    expect(self('user', 'weak')).toBe('ok')
    expect(self('M', 'owner')).toBe('ERR_TEAM_RANK_TOO_LOW')
    expect(self('M', 'mighty')).toBe('ERR_TEAM_RANK_TOO_LOW')
    expect(self('M', 'admin')).toBe('ok')
  })

  it('a refusal says which right or rank was missing', () => {
    const desk = new Desk().seats('operator', 'user', 'admin')
    const said = (by: string, intent: Intent) => {
      const { device, hex, bundle } = desk.sitter(by)
      const act = actFor(desk.state, intent)
      if (act.kind === 'refuse') throw new Error('no act')
      const author = { author: device, authorHex: hex, key: bundle.identity, generation: 0 }
      return check(desk.state, act, author, { weak: false, claimHolds: true, isOrigin: true })
    }
    expect(said('operator', { kind: 'AssignRole', device: desk.device('user'), role: 'operator' })).toMatchObject({
      code: 'ERR_TEAM_NO_PERMISSION',
      data: { role: 'operator', permission: 'role.assign' },
    })
    expect(said('admin', { kind: 'RevokeRole', device: desk.device('O'), role: 'owner' })).toMatchObject({
      code: 'ERR_TEAM_RANK_TOO_LOW',
      data: { rankNeeded: 1_000_000, rankHeld: 800, action: 'revoke roles' },
    })
    desk.does('O', create('clerk', 750))
    expect(said('admin', { kind: 'AssignRole', device: desk.device('user'), role: 'clerk' })).toMatchObject({
      data: {
        rankNeeded: 750,
        rankHeld: 800,
        action: "assign roles (role 'admin' gives and takes roles up to rank 700)",
      },
    })
    expect(said('operator', { kind: 'RemoveDevice', device: desk.device('nobody') })).toMatchObject({
      data: { device: idText('dev', desk.device('nobody')) },
    })
  })
})
