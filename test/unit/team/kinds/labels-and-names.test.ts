import { describe, expect, it } from 'vitest'
import { limits } from '../../../../src/base/index.ts'
import { actFor, isNetworkName, labelsOf, namesOf, type Act } from '../../../../src/team/index.ts'
import { Desk, bytesOf } from '../../../helpers/team-desk.ts'

describe('labels', () => {
  it('are defined, assigned with an op, revoked and deleted with all that hangs on them', () => {
    const desk = new Desk().seats('admin', 'operator', 'user', 'sync-role')
    expect(desk.does('operator', { kind: 'CreateLabel', label: 'x' })).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('admin', { kind: 'CreateLabel', label: 'x' })).toBe('ok')
    expect(desk.does('O', { kind: 'CreateLabel', label: 'x' })).toBe('ERR_TEAM_DUPLICATE')
    const user = desk.device('user')
    expect(desk.does('admin', { kind: 'AssignLabel', device: user, label: 'x' })).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('operator', { kind: 'AssignLabel', device: user, label: 'x', op: 'send' })).toBe('ok')
    expect(desk.member('user')?.labels.get('x')).toMatchObject({ op: 'send', by: desk.last })
    expect(desk.does('O', { kind: 'AssignLabel', device: user, label: 'x', op: 'recv' })).toBe('ERR_TEAM_DUPLICATE')
    expect(desk.does('operator', { kind: 'AssignLabel', device: desk.device('admin'), label: 'x' })).toBe(
      'ERR_TEAM_RANK_TOO_LOW',
    )
    expect(desk.does('O', { kind: 'AssignLabel', device: desk.device('admin'), label: 'x' })).toBe('ok')
    expect(labelsOf(desk.state).map(({ label, devices }) => [label, devices.map(({ op }) => op).sort()])).toEqual([
      ['x', ['send', 'send-recv']],
    ])
    expect(desk.does('operator', { kind: 'RevokeLabel', device: user, label: 'x' })).toBe('ok')
    expect(desk.does('operator', { kind: 'RevokeLabel', device: user, label: 'x' })).toBe('ERR_TEAM_UNKNOWN_LABEL')
    expect(desk.does('operator', { kind: 'DeleteLabel', label: 'x' })).toBe('ERR_TEAM_NO_PERMISSION')
    desk.does('O', { kind: 'CreateInvite', key: bytesOf('k'), labels: ['x'], notAfter: 1 })
    expect(desk.does('admin', { kind: 'DeleteLabel', label: 'x' })).toBe('ok')
    expect(desk.state.labels.size).toBe(0)
    expect(desk.member('admin')?.labels.size).toBe(0)
    expect([...desk.state.invites.values()].map(({ labels }) => labels)).toEqual([[]])
  })

  it('an assignment to a deleted label never lands on a new one of that name', () => {
    const desk = new Desk().seats('user')
    desk.does('O', { kind: 'CreateLabel', label: 'x' })
    const stale = actFor(desk.state, { kind: 'AssignLabel', device: desk.device('user'), label: 'x' }) as Act
    desk.does('O', { kind: 'DeleteLabel', label: 'x' })
    expect(desk.act('O', stale)).toBe('ERR_TEAM_UNKNOWN_LABEL')
    desk.does('O', { kind: 'CreateLabel', label: 'x' })
    expect(desk.act('O', stale)).toBe('ERR_TEAM_STALE_GENERATION')
  })

  it('nobody labels itself, a stranger or a device of another stay', () => {
    const desk = new Desk().seats('operator', 'user')
    desk.does('O', { kind: 'CreateLabel', label: 'x' })
    const assign = (name: string) =>
      desk.does('operator', { kind: 'AssignLabel', device: desk.device(name), label: 'x' })
    expect(assign('operator')).toBe('ERR_TEAM_RANK_TOO_LOW')
    expect(assign('stranger')).toBe('ERR_TEAM_UNKNOWN_DEVICE')
    const stale = actFor(desk.state, { kind: 'AssignLabel', device: desk.device('user'), label: 'x' }) as Act
    desk.does('O', { kind: 'RemoveDevice', device: desk.device('user') })
    desk.seat('user', 'user')
    expect(desk.act('operator', stale)).toBe('ERR_TEAM_STALE_GENERATION')
  })

  it('a device has at most 64, a team 1,024', () => {
    const desk = new Desk().seats('user')
    const device = desk.device('user')
    for (let i = 0; i < limits.labelsMax; i++) desk.does('O', { kind: 'CreateLabel', label: `l${i}` })
    expect(desk.state.labels.size).toBe(limits.labelsMax)
    expect(desk.does('O', { kind: 'CreateLabel', label: 'more' })).toBe('ERR_TEAM_LIMIT')
    for (let i = 0; i < limits.labelsPerDeviceMax; i++)
      expect(desk.does('O', { kind: 'AssignLabel', device, label: `l${i}` })).toBe('ok')
    expect(desk.does('O', { kind: 'AssignLabel', device, label: 'l100' })).toBe('ERR_TEAM_LIMIT')
  })
})

describe('network names', () => {
  it('one for a device, replaced when assigned again, of one device alone', () => {
    const desk = new Desk().seats('operator', 'user', 'sync-role')
    const assign = (by: string, to: string, name: string) =>
      desk.does(by, { kind: 'AssignNetworkName', device: desk.device(to), name })
    expect(assign('user', 'user', 'db')).toBe('ERR_TEAM_NO_PERMISSION')
    expect(assign('operator', 'user', 'db')).toBe('ok')
    expect(assign('operator', 'sync-role', 'db')).toBe('ERR_TEAM_DUPLICATE')
    expect(assign('operator', 'user', '10.0.0.1')).toBe('ok')
    expect(namesOf(desk.state).map(({ name }) => name)).toEqual(['10.0.0.1'])
    expect(desk.member('user')?.networkName).toBe('10.0.0.1')
    expect(assign('operator', 'sync-role', 'db')).toBe('ok')
    expect(assign('operator', 'O', 'root')).toBe('ERR_TEAM_RANK_TOO_LOW')
    expect(assign('operator', 'operator', 'hub')).toBe('ok')
    const revoke = (by: string, of: string, name: string) =>
      desk.does(by, { kind: 'RevokeNetworkName', device: desk.device(of), name })
    expect(revoke('user', 'user', '10.0.0.1')).toBe('ERR_TEAM_NO_PERMISSION')
    expect(revoke('operator', 'user', 'db')).toBe('ERR_TEAM_UNKNOWN_NAME')
    expect(revoke('operator', 'user', '10.0.0.1')).toBe('ok')
    expect(desk.member('user')).not.toHaveProperty('networkName')
    expect(revoke('operator', 'user', '10.0.0.1')).toBe('ERR_TEAM_UNKNOWN_NAME')
    expect(revoke('operator', 'operator', 'hub')).toBe('ok')
    expect(assign('O', 'nobody', 'x')).toBe('ERR_TEAM_UNKNOWN_DEVICE')
  })

  it('a removed device leaves its name free (T45)', () => {
    const desk = new Desk().seats('user', 'operator')
    desk.does('O', { kind: 'AssignNetworkName', device: desk.device('user'), name: 'db' })
    desk.does('O', { kind: 'RemoveDevice', device: desk.device('user') })
    expect(desk.state.names.size).toBe(0)
    expect(desk.does('O', { kind: 'AssignNetworkName', device: desk.device('operator'), name: 'db' })).toBe('ok')
  })

  it('have one spelling: lower-case DNS names without a final dot, IPv4 as four decimal numbers', () => {
    for (const good of ['db', 'db.example', 'xn--bcher-kva.example', '10.0.0.1', 'a_b', '__proto__', 'x'.repeat(63)])
      expect(isNetworkName(good)).toBe(true)
    const long = Array.from({ length: 5 }, () => 'x'.repeat(60)).join('.')
    for (const bad of [
      '',
      'DB',
      'db.',
      '.db',
      'a..b',
      '-a',
      'a-',
      'bücher',
      '10.0.0',
      '010.0.0.1',
      '0x7f.1',
      '0x7f',
      '256.0.0.1',
      '::1',
      'a b',
      'x'.repeat(64),
      long,
      7,
    ])
      expect(isNetworkName(bad)).toBe(false)
  })
})
