import type { Input, Leaf } from '../grammar.ts'
import { fields, table, text, type Outcome } from '../outcome.ts'
import type { Session } from '../session.ts'

const lawExit = { 10: "the team's law refuses" }

export const namesLeaves: readonly Leaf[] = [
  {
    verb: 'assign',
    arguments: '<device> <name>',
    summary: 'Gives a device a network name, which is a DNS name or an IPv4 address.',
    example: 'ax names assign south db.example',
    exits: lawExit,
    run: (session, input) => change(session, input, 'names.assign'),
  },
  {
    verb: 'revoke',
    arguments: '<device> <name>',
    summary: 'Takes its network name from a device.',
    example: 'ax names revoke south db.example',
    exits: lawExit,
    run: (session, input) => change(session, input, 'names.revoke'),
  },
  {
    verb: 'ls',
    summary: 'The network names of a team.',
    example: 'ax names ls',
    run: list,
  },
  {
    verb: 'show',
    aliases: ['resolve'],
    arguments: '<name>',
    summary: 'Which device has a network name, or which name a device has.',
    example: 'ax names show db.example',
    exits: { 3: 'no such name' },
    run: show,
  },
]

async function change(session: Session, input: Input, operation: 'names.assign' | 'names.revoke'): Promise<Outcome> {
  const result = await session.call(operation, {
    ...ofTeam(session),
    device: input.text('device'),
    name: input.text('name'),
    force: session.settled.force,
  })
  const did = operation === 'names.assign' ? 'is now called' : 'is no longer called'
  return { result, view: text(`${result.device} ${did} ${result.name}.`), names: [result.command] }
}

async function list(session: Session): Promise<Outcome> {
  const answer = await session.call('names.ls', ofTeam(session))
  const rows = answer.names.map(({ name, deviceName, peer, device }) => [name, deviceName, peer, device])
  return {
    result: answer,
    view: table(['NAME', 'DEVICE NAME', 'PEER', 'DEVICE'], rows, { empty: 'no names', wide: ['DEVICE'] }),
    names: answer.names.map(({ name }) => name),
  }
}

async function show(session: Session, input: Input): Promise<Outcome> {
  const found = await session.call('names.show', { ...ofTeam(session), what: input.text('name') })
  const { name, peer, device, deviceName, team } = found
  return {
    result: found,
    view: fields({ Name: name, PeerId: peer, Device: device, 'Device name': deviceName, Team: team }),
    names: [name],
  }
}

function ofTeam(session: Session): { team?: string } {
  return session.settled.team === undefined ? {} : { team: session.settled.team }
}
