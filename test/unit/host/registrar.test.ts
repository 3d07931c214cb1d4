import type { Connection, Stream, StreamHandler } from '@libp2p/interface'
import { expect, it } from 'vitest'
import { withGatedRegistrar } from '../../../src/host/registrar.ts'

it('sec/N3 a foreign service gets no stream of a connection on probation', async () => {
  const handlers = new Map<string, StreamHandler>()
  const registrar = {
    name: 'registrar',
    handle(protocol: string, handler: StreamHandler) {
      handlers.set(protocol, handler)
      return Promise.resolve()
    },
    describe() {
      return this.name
    },
  }
  const components = { registrar, peerId: 'me' }
  const gated = withGatedRegistrar(components, (connection) => connection.id === 'admitted')
  let handled = 0
  await gated.registrar.handle('/ipfs/id/1.0.0', () => {
    handled++
  })
  expect([gated.peerId, gated.registrar.describe()]).toEqual(['me', 'registrar'])

  const aborted: string[] = []
  const open = (id: string): void => {
    const stream = { abort: () => aborted.push(id) } as unknown as Stream
    void handlers.get('/ipfs/id/1.0.0')?.(stream, { id } as Connection)
  }
  open('admitted')
  open('on probation')
  expect([handled, aborted]).toEqual([1, ['on probation']])
})
