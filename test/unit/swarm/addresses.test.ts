import { expect, it } from 'vitest'
import { dialable, fitting, pinned, pinOf } from '../../../src/swarm/addresses.ts'

const peer = '12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF'

it('dials TCP addresses alone', () => {
  expect(dialable(`/ip4/192.0.2.7/tcp/4001/p2p/${peer}`)).toBe('/ip4/192.0.2.7/tcp/4001')
  expect(dialable('/dns4/node.example/tcp/4001')).toBe('/dns4/node.example/tcp/4001')
  for (const text of [
    '/ip4/0.0.0.0/tcp/4001',
    '/ip4/192.0.2.7/tcp/0',
    '/ip4/192.0.2.7/udp/4001/quic-v1',
    '/unix/%2Ftmp%2Fx',
    '/p2p-circuit',
    '',
    'x'.repeat(300),
  ])
    expect(dialable(text)).toBeUndefined()
})

it('pins', () => {
  expect(pinOf(`/ip4/192.0.2.7/tcp/4001/p2p/${peer}`)).toBe(peer)
  expect(pinOf('/ip4/192.0.2.7/tcp/4001')).toBeUndefined()
  expect(pinned('/ip4/192.0.2.7/tcp/1', peer)).toBe(`/ip4/192.0.2.7/tcp/1/p2p/${peer}`)
  expect(pinned('/ip4/192.0.2.7/tcp/1', undefined)).toBe('/ip4/192.0.2.7/tcp/1')
})

it('loopback addresses are for this machine', () => {
  const addrs = [
    '/ip4/127.0.0.1/tcp/1',
    '/ip6/::1/tcp/1',
    '/dns4/localhost/tcp/1',
    '/ip4/192.0.2.7/tcp/1',
    '/dns4/node/tcp/1',
  ]
  expect(fitting(addrs, '/ip4/192.0.2.9/tcp/5')).toEqual(['/ip4/192.0.2.7/tcp/1', '/dns4/node/tcp/1'])
  expect(fitting(addrs, '/ip4/127.0.0.1/tcp/5')).toEqual(addrs)
})
