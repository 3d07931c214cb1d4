import { describe, expect, it } from 'vitest'
import { generateIdentity, systemRandom } from '../../../src/keys/index.ts'
import { joinLineOf } from '../../../src/node/join-line.ts'
import type { NodeParts } from '../../../src/node/parts.ts'
import type { Caller } from '../../../src/operations/index.ts'
import { expectCode } from '../../helpers/expect-code.ts'

const identity = generateIdentity(systemRandom)
const server = generateIdentity(systemRandom).peer
const swarmKey = { key: systemRandom.bytes(32), fingerprint: '00112233445566778899aabbccddeeff' }
const caller = (role: Caller['role']): Caller => ({ peer: null, role, door: 'unix', source: 'unix', because: '' })

function line(addresses: string[], options: { server?: string; withKey?: boolean; role?: Caller['role'] } = {}) {
  const { role = 'admin', withKey = false, server: named } = options
  const parts = { swarm: { addresses: () => addresses }, swarmKey, identity } as unknown as NodeParts
  return joinLineOf(parts, caller(role), { server: named, withKey })
}

describe('how others reach a node', () => {
  it('by its own addresses that can be dialled, once each and eight at most', () => {
    const own = [`/ip4/192.0.2.7/tcp/4001/p2p/${identity.peer}`, `/ip4/0.0.0.0/tcp/4001/p2p/${identity.peer}`]
    expect(line([...own, ...own])).toEqual({
      peer: identity.peer,
      addresses: ['/ip4/192.0.2.7/tcp/4001'],
      fingerprint: swarmKey.fingerprint,
    })
    const many = Array.from({ length: 20 }, (_, at) => `/ip4/192.0.2.${String(at)}/tcp/4001`)
    expect(line(many).addresses).toHaveLength(8)
    expectCode('ERR_INVALID_NODE_STATE', () => line([]))
  })

  it('or by the server that is named, with its identity', () => {
    const found = line([], { server: `/dns4/hub.example/tcp/4001/p2p/${server}` })
    expect(found).toMatchObject({ peer: server, addresses: ['/dns4/hub.example/tcp/4001'] })
    expectCode('ERR_INVALID_INPUT', () => line([], { server: '/dns4/hub.example/tcp/4001' }))
    expectCode('ERR_INVALID_INPUT', () => line([], { server: `/unix/%2Frun%2Faxd.sock/p2p/${server}` }))
  })

  it('sec/K6 with the swarm key for those alone who may have it', () => {
    const own = [`/ip4/192.0.2.7/tcp/4001/p2p/${identity.peer}`]
    expect(line(own, { withKey: true }).key).toEqual(swarmKey.key)
    expectCode('ERR_UNAUTHORIZED', () => line(own, { withKey: true, role: 'editor' }))
    expect(line(own, { role: 'editor' })).not.toHaveProperty('key')
  })
})
