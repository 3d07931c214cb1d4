import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../../src/codec/index.ts'
import { actFor, encodeState, type Act } from '../../../../src/team/index.ts'
import { Desk, bytesOf } from '../../../helpers/team-desk.ts'

describe('RemoveDevice', () => {
  it('takes role, labels, name, keys, open invites and bound nodes with it, and bars those nodes', () => {
    const desk = new Desk().seats('operator', 'user')
    const device = desk.device('operator')
    const peer = desk.sitter('node').peer
    desk.does('O', { kind: 'CreateLabel', label: 'x' })
    desk.does('O', { kind: 'AssignLabel', device, label: 'x' })
    desk.does('O', { kind: 'AssignNetworkName', device, name: 'hub' })
    desk.does('operator', { kind: 'CreateInvite', key: bytesOf('a'), notAfter: 1 })
    desk.does('O', { kind: 'CreateInvite', key: bytesOf('b'), notAfter: 1 })
    desk.does('O', { kind: 'AddNode', peer, device })
    expect(desk.does('O', { kind: 'RemoveDevice', device })).toBe('ok')
    const { members, names, invites, nodes, barred, departures, leaves, labels } = desk.state
    expect(members.has(desk.sitter('operator').hex)).toBe(false)
    expect([names.size, invites.size, nodes.size, labels.size, leaves.size]).toEqual([0, 1, 0, 1, 0])
    expect([...barred.keys()]).toEqual([peer])
    expect(departures.get(desk.sitter('operator').hex)).toMatchObject({ generation: 1, removedBy: desk.last })
    desk.seat('operator', 'operator')
    expect(desk.member('operator')).toMatchObject({ generation: 1, labels: new Map(), retired: new Map() })
  })
})

describe('ConfirmLeave', () => {
  it('seals the leave of a device once, by any member but the leaver', () => {
    const desk = new Desk().seats('user', 'sync-role')
    desk.does('user', { kind: 'RemoveDevice', device: desk.device('user') })
    const leave = fromHex(desk.last)
    const before = encodeState(desk.state)
    expect(desk.does('user', { kind: 'ConfirmLeave', leave })).toBe('ERR_TEAM_NOT_MEMBER')
    desk.seat('user', 'user')
    expect(desk.does('user', { kind: 'ConfirmLeave', leave })).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('sync-role', { kind: 'ConfirmLeave', leave })).toBe('ok')
    expect(desk.does('O', { kind: 'ConfirmLeave', leave })).toBe('ERR_TEAM_DUPLICATE')
    expect(encodeState(desk.state)).not.toEqual(before)
    expect(desk.member('user')?.generation).toBe(1)
  })

  it('of no leave, of another device, of another stay: each its code', () => {
    const desk = new Desk().seats('user', 'operator')
    desk.does('O', { kind: 'RemoveDevice', device: desk.device('operator') })
    const removal = fromHex(desk.last)
    desk.does('user', { kind: 'RemoveDevice', device: desk.device('user') })
    const leave = fromHex(desk.last)
    const confirm = (body: object): string =>
      desk.act('O', { kind: 'ConfirmLeave', body: { device: desk.device('user'), gen: 0, leave, ...body } })
    expect(confirm({ leave: removal, device: desk.device('operator') })).toBe('ERR_TEAM_UNKNOWN_DEVICE')
    expect(confirm({ leave: bytesOf('none') })).toBe('ERR_TEAM_UNKNOWN_DEVICE')
    expect(confirm({ device: desk.device('operator') })).toBe('ERR_TEAM_UNKNOWN_DEVICE')
    expect(confirm({ gen: 1 })).toBe('ERR_TEAM_STALE_GENERATION')
    expect(confirm({})).toBe('ok')
  })
})

describe('CloseTeam', () => {
  it('closes for good: invites die, and nothing follows', () => {
    const desk = new Desk().seats('admin', 'user')
    desk.does('O', { kind: 'CreateInvite', key: bytesOf('a'), notAfter: 1 })
    const label = actFor(desk.state, { kind: 'CreateLabel', label: 'x' }) as Act
    expect(desk.does('admin', { kind: 'CloseTeam' })).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('O', { kind: 'CloseTeam' })).toBe('ok')
    expect([desk.state.open, desk.state.invites.size]).toEqual([false, 0])
    expect(desk.act('O', label)).toBe('ERR_TEAM_CLOSED')
    expect(desk.does('user', { kind: 'RemoveDevice', device: desk.device('user') })).toBe('ERR_TEAM_CLOSED')
  })
})
