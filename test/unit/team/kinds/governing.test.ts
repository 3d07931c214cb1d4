import { describe, expect, it } from 'vitest'
import { limits } from '../../../../src/base/index.ts'
import { peerIdText } from '../../../../src/codec/index.ts'
import { actFor, recipientsOf, stateView, type Act, type Intent } from '../../../../src/team/index.ts'
import { Desk, bytesOf } from '../../../helpers/team-desk.ts'

const peerOf = (name: string): string => peerIdText(bytesOf(name))
const print = (name: string): Uint8Array => bytesOf(name, 16)

describe('AddNode and RemoveNode', () => {
  it('list and bar peers; who was barred comes back by AddNode alone', () => {
    const desk = new Desk().seats('admin', 'user')
    const peer = peerOf('n')
    expect(desk.does('admin', { kind: 'AddNode', peer })).toBe('ERR_TEAM_NO_PERMISSION')
    expect(
      desk.does('O', { kind: 'AddNode', peer, addrs: ['/ip4/10.0.0.1/tcp/4001'], device: desk.device('user') }),
    ).toBe('ok')
    expect(stateView(desk.state).nodes).toMatchObject([{ peer, addrs: ['/ip4/10.0.0.1/tcp/4001'] }])
    expect(desk.does('O', { kind: 'AddNode', peer })).toBe('ERR_TEAM_DUPLICATE')
    expect(desk.does('O', { kind: 'AddNode', peer: peerOf('m') }, { weak: true })).toBe('ERR_TEAM_KEY_WEAK')
    expect(desk.does('O', { kind: 'AddNode', peer: peerOf('m'), device: desk.device('nobody') })).toBe(
      'ERR_TEAM_UNKNOWN_DEVICE',
    )
    expect(desk.does('admin', { kind: 'RemoveNode', peer })).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('O', { kind: 'RemoveNode', peer })).toBe('ok')
    expect(desk.does('O', { kind: 'RemoveNode', peer })).toBe('ERR_TEAM_DUPLICATE')
    expect(desk.does('O', { kind: 'RemoveNode', peer: peerOf('never listed') })).toBe('ok')
    expect(stateView(desk.state)).toMatchObject({ nodes: [], barred: [peer, peerOf('never listed')].sort() })
    expect(desk.does('O', { kind: 'AddNode', peer })).toBe('ok')
    expect(desk.state.barred.has(peer)).toBe(false)
  })

  it('binds the device that it names, in its stay', () => {
    const desk = new Desk().seats('user')
    const stale = actFor(desk.state, { kind: 'AddNode', peer: peerOf('n'), device: desk.device('user') }) as Act
    desk.does('O', { kind: 'RemoveDevice', device: desk.device('user') })
    desk.seat('user', 'user')
    expect(desk.act('O', stale)).toBe('ERR_TEAM_STALE_GENERATION')
  })

  it('at most 1,024', () => {
    const desk = new Desk()
    for (let i = 0; i < limits.governedNodesMax; i++) desk.does('O', { kind: 'AddNode', peer: peerOf(`n${i}`) })
    expect(desk.state.nodes.size).toBe(limits.governedNodesMax)
    expect(desk.does('O', { kind: 'AddNode', peer: peerOf('more') })).toBe('ERR_TEAM_LIMIT')
  })
})

describe('RotateSwarmKey and RetireSwarmKey', () => {
  const rotate = (name: string, epoch = 'e'): Intent => {
    return { kind: 'RotateSwarmKey', fingerprint: print(name), epoch: bytesOf(epoch), sealed: bytesOf('sealed', 72) }
  }

  function withEpoch(): Desk {
    const desk = new Desk().seats('operator', 'user')
    desk.does('O', { kind: 'RotateKey', epoch: bytesOf('e'), boxesHash: bytesOf('b') })
    return desk
  }

  it('keep all keys but the retired in use, the newest last', () => {
    const desk = withEpoch()
    expect(desk.does('operator', rotate('k1'))).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('O', rotate('k1'))).toBe('ok')
    expect(desk.does('O', rotate('k2'))).toBe('ok')
    const retire = (name: string): string => desk.does('O', { kind: 'RetireSwarmKey', fingerprint: print(name) })
    expect(retire('k2')).toBe('ERR_TEAM_LAST_KEY')
    expect(retire('never')).toBe('ERR_TEAM_UNKNOWN_KEY')
    expect(retire('k1')).toBe('ok')
    expect(retire('k1')).toBe('ERR_TEAM_UNKNOWN_KEY')
    expect(stateView(desk.state).swarmKeys.map(({ retired }) => retired)).toEqual([true, false])
    expect(desk.does('O', rotate('k1'))).toBe('ERR_TEAM_DUPLICATE')
    expect(desk.does('operator', { kind: 'RetireSwarmKey', fingerprint: print('k2') })).toBe('ERR_TEAM_NO_PERMISSION')
  })

  it('is sealed under an epoch that is for members alone, in replay too', () => {
    const desk = withEpoch()
    expect(desk.does('O', rotate('k1', 'unknown'))).toBe('ERR_TEAM_BAD_RECIPIENTS')
    desk.does('O', { kind: 'RemoveDevice', device: desk.device('user') })
    expect(desk.does('O', rotate('k1'))).toBe('ERR_TEAM_BAD_RECIPIENTS')
    expect(desk.does('O', rotate('k1'), { isOrigin: false })).toBe('ERR_TEAM_BAD_RECIPIENTS')
    desk.does('O', { kind: 'RotateKey', epoch: bytesOf('f'), boxesHash: bytesOf('b') })
    expect(recipientsOf(desk.state)).toHaveLength(2)
    expect(desk.does('O', rotate('k1', 'f'))).toBe('ok')
  })
})

describe('TrustOperator, DistrustOperator and RevokeClaim', () => {
  it('trust and distrust', () => {
    const desk = new Desk().seats('admin')
    const key = bytesOf('operator')
    expect(desk.does('admin', { kind: 'TrustOperator', key })).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('O', { kind: 'TrustOperator', key }, { weak: true })).toBe('ERR_TEAM_KEY_WEAK')
    expect(desk.does('O', { kind: 'TrustOperator', key })).toBe('ok')
    expect(desk.does('O', { kind: 'TrustOperator', key })).toBe('ERR_TEAM_DUPLICATE')
    expect(desk.does('admin', { kind: 'DistrustOperator', key })).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('O', { kind: 'DistrustOperator', key })).toBe('ok')
    expect(desk.does('O', { kind: 'DistrustOperator', key })).toBe('ERR_TEAM_UNKNOWN_KEY')
    for (let i = 0; i < limits.trustedOperatorsMax; i++)
      desk.does('O', { kind: 'TrustOperator', key: bytesOf(`o${i}`) })
    expect(desk.does('O', { kind: 'TrustOperator', key })).toBe('ERR_TEAM_LIMIT')
  })

  it('a revocation is never taken back, and each stands once', () => {
    const desk = new Desk().seats('admin')
    const revoke = (what: object, by = 'O'): string => desk.does(by, { kind: 'RevokeClaim', ...what })
    expect(revoke({ jti: 'a' }, 'admin')).toBe('ERR_TEAM_NO_PERMISSION')
    const key = bytesOf('account')
    for (const what of [{ jti: 'a' }, { key }, { key, notAfter: 5 }, { key, notAfter: 6 }]) {
      expect(revoke(what)).toBe('ok')
      expect(revoke(what)).toBe('ERR_TEAM_DUPLICATE')
    }
    expect(stateView(desk.state).revokedClaims).toHaveLength(4)
    for (let i = desk.state.revokedClaims.size; i < limits.revokedClaimsMax; i++) revoke({ jti: `t${i}` })
    expect(revoke({ jti: 'more' })).toBe('ERR_TEAM_LIMIT')
  })
})
