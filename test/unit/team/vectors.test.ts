import { expect, it } from 'vitest'
import { encodeFrame, toHex } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { frameMap, frontierDigest, readFrame, type SyncFrame } from '../../../src/team/frames.ts'
import { expectFrozen } from '../../helpers/frozen-vectors.ts'
import { teamVectors } from '../../helpers/team-vectors.ts'

it('what a team signs and hashes is what it was: a changed vector needs a page in docs/decisions', async () => {
  for (const backend of ['wasm', undefined] as const) {
    const keys = await openKeys(backend === undefined ? {} : { backend })
    expectFrozen('team', teamVectors(keys), '45aba04f25bdea4a706a64c01bfd0d5b2e4705830d240216024f49c61d20c491')
  }
})

it('each sync frame has its one form', () => {
  const [id, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const heads = [id, other]
  const entries = [[id, 7, false] as const, [other, 300, true] as const]
  const frames: SyncFrame[] = [
    { t: 'hello', team: id, heads, count: 9, stateHash: other, frontierDigest: null, version: 1 },
    { t: 'frontier', base: frontierDigest(entries), devices: entries },
    { t: 'want', ids: [id], ranges: [[other, 0, 12]], credit: 65_536 },
    { t: 'commands', commands: [new Uint8Array(90).fill(3)] },
    { t: 'range', from: [0, id], to: [70_000, other], count: 2, hash: id, ids: null, round: 1 },
    { t: 'done', heads, count: 9, stateHash: other, remaining: 0 },
    { t: 'push', command: new Uint8Array(90).fill(3) },
    { t: 'announce', ids: heads },
    { t: 'error', code: 'ERR_CODEC_FRAME' },
  ]
  for (const frame of frames) expect(readFrame(frameMap(frame))).toEqual(frame)
  const written = frames.map((frame) => [frame.t, toHex(encodeFrame(frameMap(frame), 65_536))])
  expectFrozen(
    'sync-frames',
    Object.fromEntries(written),
    '053674a597f27c05472a6e82b0b964dfdc3a81e565b0f2e877631280d6ef5eaa',
  )
})

it('frozen: frames with pieces of epoch boxes, and the answer of who has none', () => {
  const boxes: SyncFrame[] = [
    { t: 'boxes', hash: new Uint8Array(32).fill(5), part: 1, parts: 2, bytes: new Uint8Array(160).fill(6) },
    { t: 'boxes', hash: new Uint8Array(32).fill(5), part: 0, parts: 0, bytes: new Uint8Array() },
  ]
  for (const frame of boxes) expect(readFrame(frameMap(frame))).toEqual(frame)
  const written = boxes.map((frame) => toHex(encodeFrame(frameMap(frame), 65_536)))
  expectFrozen('boxes-frames', written, 'd5d9adf3b8f4483d42f96e5a4f9c9b9c89f51bbf408c18612940a0068813a209')
})
