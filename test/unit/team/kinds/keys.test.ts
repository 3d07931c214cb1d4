import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../src/codec/index.ts'
import { recipientsOf, rotationPending, sealingEpoch, type Act, type Intent } from '../../../../src/team/index.ts'
import { hashOfRecipients } from '../../../../src/team/epoch.ts'
import { Desk, bundleOf, bytesOf } from '../../../helpers/team-desk.ts'

function rotate(epoch: string): Intent {
  return { kind: 'RotateKey', epoch: bytesOf(epoch), boxesHash: bytesOf(`boxes ${epoch}`) }
}

const sealing = (desk: Desk): string | undefined => sealingEpoch(desk.state)?.idHex
const hexOf = (epoch: string): string => toHex(bytesOf(epoch))

describe('RotateKey', () => {
  it('makes an epoch for exactly the members that its author saw', () => {
    const desk = new Desk().seats('operator', 'user')
    expect(desk.does('user', rotate('e'))).toBe('ERR_TEAM_NO_PERMISSION')
    expect(desk.does('operator', rotate('e'))).toBe('ok')
    expect(desk.does('O', rotate('e'))).toBe('ERR_TEAM_DUPLICATE')
    expect(desk.state.epochs.map(({ idHex, recipients }) => [idHex, recipients.length])).toEqual([[hexOf('e'), 3]])
    const few = recipientsOf(desk.state).slice(1)
    const act = (recipients: unknown): Act =>
      ({ kind: 'RotateKey', body: { epoch: bytesOf('f'), parents: [], boxesHash: bytesOf('b'), recipients } }) as Act
    expect(desk.act('O', act(few))).toBe('ERR_TEAM_BAD_RECIPIENTS')
    expect(desk.act('O', act(hashOfRecipients(few)))).toBe('ERR_TEAM_BAD_RECIPIENTS')
    expect(desk.act('O', act(few), { isOrigin: false })).toBe('ok')
  })

  it('a list by its hash is the same epoch as the list itself', () => {
    const [byList, byHash] = [new Desk().seats('user'), new Desk().seats('user')]
    const recipients = recipientsOf(byList.state)
    const body = { epoch: bytesOf('e'), parents: [], boxesHash: bytesOf('b') }
    expect(byList.act('O', { kind: 'RotateKey', body: { ...body, recipients } })).toBe('ok')
    expect(byHash.act('O', { kind: 'RotateKey', body: { ...body, recipients: hashOfRecipients(recipients) } })).toBe(
      'ok',
    )
    expect(byHash.state.epochs).toEqual(byList.state.epochs)
  })

  it('seals with the last epoch that is for members alone; none: rotation is pending', () => {
    const desk = new Desk().seats('operator', 'user')
    expect(rotationPending(desk.state)).toBe(false)
    desk.does('O', rotate('first'))
    desk.does('O', rotate('second'))
    expect([sealing(desk), rotationPending(desk.state)]).toEqual([hexOf('second'), false])
    desk.does('operator', { kind: 'RemoveDevice', device: desk.device('user') })
    expect([sealing(desk), rotationPending(desk.state)]).toEqual([undefined, true])
    desk.seat('user', 'user')
    // Back, but in another stay: what it was given before counts for the one that left.
    expect(rotationPending(desk.state)).toBe(true)
    desk.does('operator', rotate('third'))
    expect([sealing(desk), rotationPending(desk.state)]).toEqual([hexOf('third'), false])
  })

  it('T55: an epoch with somebody who is out is kept for reading, and never seals', () => {
    const desk = new Desk().seats('operator', 'user')
    const withUser = recipientsOf(desk.state)
    desk.does('operator', { kind: 'RemoveDevice', device: desk.device('user') })
    desk.does('operator', rotate('mine'))
    const body = { epoch: bytesOf('theirs'), parents: [], boxesHash: bytesOf('b'), recipients: withUser }
    expect(desk.act('O', { kind: 'RotateKey', body }, { isOrigin: false })).toBe('ok')
    expect(desk.state.epochs).toHaveLength(2)
    expect(sealing(desk)).toBe(hexOf('mine'))
  })

  it('a removal without any epoch leaves rotation pending', () => {
    const desk = new Desk().seats('user')
    desk.does('O', { kind: 'RemoveDevice', device: desk.device('user') })
    expect(rotationPending(desk.state)).toBe(true)
  })
})

describe('AddDeviceKey', () => {
  const add = (desk: Desk, sequence: number, more: Parameters<typeof bundleOf>[2], doing: object = {}): string =>
    desk.does('user', { kind: 'AddDeviceKey', bundle: bundleOf('user', sequence, more) }, doing)

  it('adds keys beside the active ones, newest last, and remembers what added them', () => {
    const desk = new Desk().seats('user')
    expect(add(desk, 1, { signing: ['s1'], encryption: ['e1'] })).toBe('ok')
    const by = desk.last
    expect(desk.member('user')?.signing.map(toHex)).toEqual([toHex(bundleOf('user', 0).identity), hexOf('s1')])
    expect(desk.member('user')?.encryption.map(toHex).at(-1)).toBe(hexOf('e1'))
    expect([...(desk.member('user')?.keyBy ?? [])]).toEqual([[hexOf('s1'), by]])
    expect(desk.member('user')?.bundle).toBe(1)
    // What a later bundle does not list stays active until it is retired.
    expect(add(desk, 2, { signing: ['s2'] })).toBe('ok')
    expect(desk.member('user')?.signing).toHaveLength(3)
    expect(recipientsOf(desk.state).map(([, , key]) => toHex(key))).toContain(hexOf('e1'))
  })

  it('old bundles, too many keys, weak keys, other devices: each its code', () => {
    const desk = new Desk().seats('user', 'operator')
    expect(add(desk, 0, { signing: ['s1'] })).toBe('ERR_TEAM_DUPLICATE')
    expect(add(desk, 1, { signing: ['s1'] }, { weak: true })).toBe('ERR_TEAM_KEY_WEAK')
    expect(desk.does('O', { kind: 'AddDeviceKey', bundle: bundleOf('user', 1) })).toBe('ERR_TEAM_NO_PERMISSION')
    expect(add(desk, 1, { signing: ['s1', 's2', 's3'] })).toBe('ok')
    expect(add(desk, 2, { signing: ['s4'] })).toBe('ERR_TEAM_LIMIT')
    expect(add(desk, 2, { encryption: ['e1', 'e2', 'e3'] })).toBe('ok')
    expect(add(desk, 3, { encryption: ['e4'] })).toBe('ERR_TEAM_LIMIT')
  })
})

describe('RetireKey', () => {
  const retire = (desk: Desk, by: string, of: string, key: string, reason: 'rotated' | 'compromised' = 'rotated') =>
    desk.does(by, { kind: 'RetireKey', device: desk.device(of), key: bytesOf(key), reason })

  function withKeys(): Desk {
    const desk = new Desk().seats('operator', 'user')
    const bundle = bundleOf('user', 1, { signing: ['s1'], encryption: ['e1'] })
    desk.does('user', { kind: 'AddDeviceKey', bundle })
    return desk
  }

  it('is for the device itself, or for who may remove it and ranks above', () => {
    expect(retire(withKeys(), 'user', 'user', 's1')).toBe('ok')
    expect(retire(withKeys(), 'operator', 'user', 's1')).toBe('ok')
    expect(retire(withKeys(), 'operator', 'O', 's1')).toBe('ERR_TEAM_RANK_TOO_LOW')
    expect(retire(withKeys(), 'user', 'operator', 's1')).toBe('ERR_TEAM_NO_PERMISSION')
    expect(retire(withKeys(), 'O', 'user', 'nothing')).toBe('ERR_TEAM_UNKNOWN_KEY')
    expect(retire(withKeys(), 'O', 'nobody', 's1')).toBe('ERR_TEAM_UNKNOWN_DEVICE')
    const desk = withKeys()
    expect(retire(desk, 'user', 'user', 's1')).toBe('ok')
    expect(retire(desk, 'user', 'user', 's1')).toBe('ERR_TEAM_UNKNOWN_KEY')
    expect(retire(desk, 'user', 'user', 'identity user')).toBe('ERR_TEAM_LAST_KEY')
    expect(retire(desk, 'user', 'user', 'box user')).toBe('ok')
    expect(retire(desk, 'user', 'user', 'e1')).toBe('ERR_TEAM_LAST_KEY')
  })

  it('a retired key signs nothing more where it is known to be; in replay it passes (R5)', () => {
    const desk = withKeys()
    retire(desk, 'user', 'user', 's1')
    const leave: Intent = { kind: 'RemoveDevice', device: desk.device('user') }
    expect(desk.does('user', leave, { key: bytesOf('s1') })).toBe('ERR_TEAM_KEY_RETIRED')
    expect(desk.does('user', leave, { key: bytesOf('never') })).toBe('ERR_TEAM_UNKNOWN_KEY')
    expect(desk.does('user', leave, { key: bytesOf('s1'), isOrigin: false })).toBe('ok')
  })

  it('a later bundle does not bring it back', () => {
    const desk = withKeys()
    retire(desk, 'user', 'user', 's1')
    desk.does('user', { kind: 'AddDeviceKey', bundle: bundleOf('user', 2, { signing: ['s1', 's2'] }) })
    expect(desk.member('user')?.signing.map(toHex)).toEqual([toHex(bundleOf('user', 0).identity), hexOf('s2')])
  })

  it('a stolen key of any kind ends the epochs before it', () => {
    for (const key of ['s1', 'e1']) {
      const desk = withKeys()
      desk.does('O', rotate('before'))
      retire(desk, 'O', 'user', key, 'rotated')
      expect(rotationPending(desk.state)).toBe(false)
      const other = withKeys()
      other.does('O', rotate('before'))
      retire(other, 'O', 'user', key, 'compromised')
      expect(rotationPending(other.state)).toBe(true)
      other.does('O', rotate('after'))
      expect(sealing(other)).toBe(hexOf('after'))
    }
  })
})
