import { describe, expect, it } from 'vitest'
import { decodeCbor, encodeCbor, isCborMap, type CborMap } from '../../../src/codec/index.ts'
import { inviteFrameMap, readInviteFrame, type InviteFrame } from '../../../src/team/index.ts'
import { mutateBytes } from '../../helpers/mutate.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const random = createSeededRandomness(19)
const id = (): Uint8Array => random.bytes(32)
const frames: readonly InviteFrame[] = [
  { t: 'ask', team: id(), key: id() },
  { t: 'nonce', invite: id(), nonce: id() },
  { t: 'claim', claim: random.bytes(500), name: 'south' },
  { t: 'admitted', team: id(), role: 'user', heads: [id(), id()] },
  { t: 'refused', code: 'ERR_TEAM_UNKNOWN_INVITE' },
]

describe('frames about an invite', () => {
  it('are read as they were made, in their turn alone', () => {
    for (const frame of frames) {
      if (frame.t === 'refused') continue
      const map = decodeCbor(encodeCbor(inviteFrameMap(frame))) as CborMap
      expect(readInviteFrame(frame.t, map)).toEqual(frame)
      const others = frames.filter(({ t }) => t !== frame.t && t !== 'refused')
      for (const { t } of others) expect(readInviteFrame(t, map)).toMatchObject({ code: 'ERR_CODEC_FRAME' })
      expect(readInviteFrame(frame.t, { ...map, x: 1 })).toMatchObject({ code: 'ERR_CODEC_FRAME' })
    }
    expect(readInviteFrame('nonce', undefined)).toMatchObject({ code: 'ERR_HOST_STREAM' })
  })

  it('may be a refusal at any turn; a code of a newer version is one that is not supported', () => {
    expect(readInviteFrame('nonce', { t: 'refused', code: 'ERR_TEAM_INVITE_EXHAUSTED' })).toMatchObject({
      kind: 'refuse',
      code: 'ERR_TEAM_INVITE_EXHAUSTED',
    })
    const newer = readInviteFrame('admitted', { t: 'refused', code: 'ERR_TEAM_OF_TOMORROW' })
    expect(newer).toMatchObject({ code: 'ERR_UNSUPPORTED' })
  })

  it('sec/FZ 10,000 mutations: a frame of the one form, or a refusal', () => {
    for (let round = 0; round < 10_000; round++) {
      const frame = random.pick(frames)
      const map = mapOf(mutateBytes(encodeCbor(inviteFrameMap(frame)), random))
      if (map === undefined) continue
      const name = frame.t === 'refused' ? 'admitted' : frame.t
      const read = readInviteFrame(name, map)
      if ('kind' in read) expect(read.code).toMatch(/^ERR_/)
      else expect(encodeCbor(inviteFrameMap(read))).toEqual(encodeCbor(map))
    }
  })
})

function mapOf(bytes: Uint8Array): CborMap | undefined {
  try {
    const value = decodeCbor(bytes)
    return isCborMap(value) ? value : undefined
  } catch {
    return undefined
  }
}
