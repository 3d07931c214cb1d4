import { describe, expect, it } from 'vitest'
import { author, createDevice, decode, evaluate, type Device } from '../../../src/team/index.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const O = createDevice({ seed: 'O' })
const B = createDevice({ seed: 'B' })
const U = createDevice({ seed: 'U' })

function found(by: Device, name = 'herd', nonce = 1): Uint8Array {
  const body = { nonce: new Uint8Array(32).fill(nonce), name, policy: 1, bundle: by.bundle, commonName: 'owner' }
  return author(by, { known: [], kind: 'CreateTeam', body })
}

function add(by: Device, known: readonly Uint8Array[], who: Device, role = 'user', parents?: readonly string[]) {
  const roleAt = decode(known[0]!).team
  const body = { bundle: who.bundle, commonName: role, role, roleAt, gen: 0 }
  return author(by, { known, kind: 'AddDevice', body, ...(parents === undefined ? {} : { parents }) })
}

const idOf = (bytes: Uint8Array): string => decode(bytes).id

describe('the law as a library', () => {
  it('a seed gives one device, with its id, peer and bundle; none gives a fresh one', () => {
    expect(createDevice({ seed: 'O' }).id).toBe(O.id)
    expect(O.id).toMatch(/^dev_b[a-z2-7]{52}$/)
    expect(O.peer).toMatch(/^12D3/)
    expect(createDevice().id).not.toBe(createDevice().id)
    expect(() => createDevice({ seed: new Uint8Array(31) })).toThrow(/31 bytes, 32 expected/)
    const later = O.withNewKeys()
    expect(later.id).toBe(O.id)
    expect(later.signing).toHaveLength(2)
    expect(later.signing[0]!.publicKey).toEqual(O.signing[0]!.publicKey)
    expect(later.bundle).not.toEqual(O.bundle)
  })

  it('authors, decodes and evaluates a team; order and duplicates change nothing', async () => {
    const first = found(O)
    const adds = [first, add(O, [first], B, 'operator')]
    const all = [...adds, add(B, adds, U)]
    const decoded = decode(all[2]!)
    expect(decoded).toMatchObject({ kind: 'AddDevice', author: B.id, team: decode(first).team, sequence: 0, depth: 2 })
    expect(decoded.parents).toEqual([idOf(all[1]!)])
    const whole = await evaluate(all)
    expect(whole.members.map(({ id, role, rank }) => [id, role, rank]).sort()).toEqual(
      [
        [O.id, 'owner', 1_000_000],
        [B.id, 'operator', 700],
        [U.id, 'user', 600],
      ].sort(),
    )
    expect(whole).toMatchObject({ team: decode(first).team, name: 'herd', open: true, forked: [], unreadable: 0 })
    expect([...whole.verdicts.values()]).toEqual(all.map(() => ({ verdict: 'effective' })))
    expect(await evaluate([all[2]!, all[0]!, all[2]!, all[1]!])).toEqual(whole)
  })

  it('what its author may not do is refused with its code, and what descends from it as well', async () => {
    const base = [found(O)]
    base.push(add(O, base, U))
    const bad = add(U, base, B)
    const child = add(O, [...base, bad], B)
    const { verdicts, members } = await evaluate([...base, bad, child])
    expect(verdicts.get(idOf(bad))).toEqual({ verdict: 'refused', code: 'ERR_TEAM_NO_PERMISSION' })
    expect(verdicts.get(idOf(child))).toEqual({ verdict: 'refused', code: 'ERR_TEAM_BAD_PARENT' })
    expect(members).toHaveLength(2)
  })

  it('a touched byte, a missing parent and another team are refused; rubbish is counted', async () => {
    const base = [found(O)]
    const next = add(O, base, U)
    const last = add(O, [...base, next], B)
    const forged = next.with(next.length - 1, next.at(-1)! ^ 1)
    const other = found(O, 'other', 2)
    const { verdicts, unreadable, team } = await evaluate([...base, forged, last, other, Uint8Array.of(1, 2)])
    expect(team).toBe(decode(base[0]!).team)
    expect([...verdicts.entries()].sort()).toEqual(
      [
        [idOf(base[0]!), { verdict: 'effective' }],
        [idOf(forged), { verdict: 'refused', code: 'ERR_TEAM_BAD_SIGNATURE' }],
        [idOf(last), { verdict: 'refused', code: 'ERR_TEAM_BAD_PARENT' }],
        [idOf(other), { verdict: 'refused', code: 'ERR_TEAM_WRONG_TEAM' }],
      ].sort(),
    )
    expect(unreadable).toBe(1)
    expect((await evaluate([base[0]!, other], { team: decode(other).team })).name).toBe('other')
    expect(await evaluate([])).toMatchObject({ team: null, members: [] })
  })

  it('a kind of a newer version is parked with its descendants, and nobody builds on it unasked', async () => {
    const base = [found(O)]
    const newer = author(O, { known: base, kind: 'FoldTime', body: {} })
    const child = add(O, [...base, newer], U, 'user', [idOf(newer)])
    const beside = add(O, [...base, newer, child], B)
    expect(decode(beside).parents).toEqual([idOf(base[0]!)])
    const { verdicts } = await evaluate([...base, newer, child])
    expect(verdicts.get(idOf(newer))).toEqual({ verdict: 'parked', code: 'ERR_TEAM_UNKNOWN_KIND' })
    expect(verdicts.get(idOf(child))).toEqual({ verdict: 'parked', code: 'ERR_TEAM_UNKNOWN_KIND' })
  })

  it('never throws on what commands say', async () => {
    const base = [found(O)]
    base.push(add(O, base, U))
    const draw = createSeededRandomness(3)
    const damaged = Array.from({ length: 300 }, () => {
      const bytes = draw.pick(base)
      return draw.below(2) === 0
        ? bytes.slice(0, draw.below(bytes.length))
        : bytes.with(draw.below(bytes.length), draw.below(256))
    })
    const { members } = await evaluate([...base, ...damaged])
    expect(members).toHaveLength(2)
  })

  it('fails with a code where no command can be made or read', () => {
    const base = [found(O)]
    expect(() => author(U, { known: [], kind: 'CloseTeam', body: {} })).toThrow(
      expect.objectContaining({ code: 'ERR_TEAM_BAD_PARENT' }),
    )
    expect(() => author(O, { known: base, kind: 'CloseTeam', body: {}, key: U.publicKey })).toThrow(
      expect.objectContaining({ code: 'ERR_TEAM_UNKNOWN_KEY' }),
    )
    expect(() => decode(Uint8Array.of(1))).toThrow(expect.objectContaining({ code: 'ERR_TEAM_BAD_ENCODING' }))
  })
})
