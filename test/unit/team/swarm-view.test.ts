import { describe, expect, it } from 'vitest'
import { swarmView } from '../../../src/team/index.ts'
import { bytesOf, Desk } from '../../helpers/team-desk.ts'

const listed = (desk: Desk): string[] => [...swarmView(desk.state).listed].sort()
const removed = (desk: Desk): string[] => [...swarmView(desk.state).removed].sort()

describe('what a team says of the swarm', () => {
  it('lists whom AddNode named, and no member for being one', () => {
    const desk = new Desk().seats('user')
    const { peer } = desk.sitter('stranger')
    expect(desk.does('O', { kind: 'AddNode', peer, addrs: ['/ip4/10.0.0.1/tcp/4001'] })).toBe('ok')
    expect([listed(desk), removed(desk)]).toEqual([[peer], []])
    expect(swarmView(desk.state).nodes).toMatchObject([{ peer, addrs: ['/ip4/10.0.0.1/tcp/4001'] }])
  })

  it('keeps out whom RemoveNode named, listed or not, until AddNode names it again', () => {
    const desk = new Desk()
    const { peer } = desk.sitter('stranger')
    expect(desk.does('O', { kind: 'RemoveNode', peer })).toBe('ok')
    expect([listed(desk), removed(desk)]).toEqual([[], [peer]])
    expect(desk.does('O', { kind: 'AddNode', peer })).toBe('ok')
    expect([listed(desk), removed(desk)]).toEqual([[peer], []])
  })

  it('a removed device takes along the node of its key, and every node bound to it', () => {
    const desk = new Desk().seats('user')
    const [own, other] = [desk.sitter('user'), desk.sitter('server of user')]
    expect(desk.does('O', { kind: 'AddNode', peer: own.peer })).toBe('ok')
    expect(desk.does('O', { kind: 'AddNode', peer: other.peer, device: own.device })).toBe('ok')
    expect(listed(desk)).toEqual([own.peer, other.peer].sort())
    desk.does('O', { kind: 'RemoveDevice', device: own.device })
    expect([listed(desk), removed(desk)]).toEqual([[], [own.peer, other.peer].sort()])
    // What was bound by a command comes back by AddNode alone; the device's own node also with the device.
    desk.seat('user', 'user')
    expect(removed(desk)).toEqual([other.peer])
    expect(desk.does('O', { kind: 'AddNode', peer: other.peer })).toBe('ok')
    expect(removed(desk)).toEqual([])
  })

  it('a node named before its device joined goes with the device, and stays when it is named after the removal', () => {
    const desk = new Desk()
    const { peer, device } = desk.sitter('late')
    expect(desk.does('O', { kind: 'AddNode', peer })).toBe('ok')
    desk.seat('late', 'user')
    expect(desk.does('O', { kind: 'RemoveDevice', device })).toBe('ok')
    expect([listed(desk), removed(desk)]).toEqual([[], [peer]])
    expect(desk.does('O', { kind: 'RemoveNode', peer })).toBe('ok')
    expect(desk.does('O', { kind: 'AddNode', peer })).toBe('ok')
    expect([listed(desk), removed(desk)]).toEqual([[peer], []])
  })

  it('a closed team lists nobody; whom it removed stays out', () => {
    const desk = new Desk()
    const [a, b] = [desk.sitter('a').peer, desk.sitter('b').peer]
    desk.does('O', { kind: 'AddNode', peer: a })
    desk.does('O', { kind: 'RemoveNode', peer: b })
    desk.does('O', { kind: 'CloseTeam' })
    expect([listed(desk), removed(desk), swarmView(desk.state).nodes]).toEqual([[], [b], []])
  })

  it('has the swarm keys in their order, with what was retired', () => {
    const desk = new Desk()
    const epoch = bytesOf('epoch')
    expect(desk.does('O', { kind: 'RotateKey', epoch, boxesHash: bytesOf('boxes') })).toBe('ok')
    for (const name of ['first', 'second'])
      expect(
        desk.does('O', { kind: 'RotateSwarmKey', fingerprint: bytesOf(name, 16), epoch, sealed: bytesOf(name) }),
      ).toBe('ok')
    desk.does('O', { kind: 'RetireSwarmKey', fingerprint: bytesOf('first', 16) })
    expect(swarmView(desk.state).swarmKeys.map(({ sealed, retired }) => [sealed, retired])).toEqual([
      [bytesOf('first'), true],
      [bytesOf('second'), false],
    ])
  })
})
