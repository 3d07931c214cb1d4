import { expect, it } from 'vitest'
import { encodeFrame, toHex } from '../../../src/codec/index.ts'
import { answerFrame, helloFrame, peersFrame, readAnswer, readHello, readPeers } from '../../../src/swarm/hello.ts'
import { expectFrozen } from '../../helpers/frozen-vectors.ts'

const peer = '12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq'

it('hello, its answers and PEERS have each their one form', () => {
  const bare = {
    name: 'one',
    agent: 'hyrax/1',
    addrs: ['/ip4/10.0.0.1/tcp/4001'],
    gate: 'open',
    lists: null,
    keyNext: null,
    binding: null,
  } as const
  const digests = { permissioned: '00'.repeat(32), disallowed: '11'.repeat(32) }
  const full = {
    ...bare,
    gate: 'permissioned',
    lists: digests,
    keyNext: '22'.repeat(16),
    binding: new Uint8Array(96).fill(7),
  } as const
  const named = [{ peer, addrs: bare.addrs }]
  for (const hello of [bare, full]) expect(readHello(peer, helloFrame(hello))).toEqual(hello)
  expect(readPeers(peer, peersFrame(named))).toEqual(named)
  const frames = {
    bare: helloFrame(bare),
    full: helloFrame(full),
    welcome: answerFrame({ kind: 'welcome' }),
    refused: answerFrame({ kind: 'refused', code: 'ERR_ACCESS_NOT_PERMISSIONED' }),
    peers: peersFrame(named),
  }
  expect(readAnswer(peer, frames.welcome)).toEqual({ kind: 'welcome' })
  const written = Object.entries(frames).map(([name, frame]) => [name, toHex(encodeFrame(frame, 16_384))])
  expectFrozen('hello', Object.fromEntries(written), '9dc79bbadd5ac986fadf0e3183d27ff727561018a3e44701975ea77d90b092eb')
})
