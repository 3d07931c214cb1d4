import type { OperationOutput } from '../../operations/index.ts'
import type { Input, Leaf } from '../grammar.ts'
import { fields, table, text, type Outcome, type View } from '../outcome.ts'
import type { Session } from '../session.ts'
import { deviceKeyLeaves } from './device-keys.ts'
import { readArgument } from '../value.ts'
import { epochsGiven } from './epochs-given.ts'

type Device = OperationOutput<'devices.ls'>['devices'][number]

const examplePeer = '12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF'
const lawExit = { 10: "the team's law refuses" }

export const devicesLeaves: readonly Leaf[] = [
  {
    verb: 'id',
    arguments: '[node]',
    summary: "This node's device id and PeerId.",
    example: 'ax devices id',
    run: showId,
  },
  {
    verb: 'keybundle',
    arguments: '[node]',
    summary: "This device's public key bundle, to be handed to an owner or operator.",
    options: [{ flags: '--format <form>', summary: 'text, json or cbor (text)' }],
    example: 'ax devices keybundle',
    run: showBundle,
  },
  {
    verb: 'add',
    summary: 'Adds a device to the team by its key bundle.',
    options: [
      { flags: '--bundle <bundle>', summary: '@FILE, @- or the bundle itself' },
      { flags: '--name <name>', summary: 'name of the device in the team' },
      { flags: '--role <role>', summary: 'its role (user)' },
      { flags: '--epochs <which>', summary: 'earlier epochs it is given: all that this node reads, or none (none)' },
    ],
    example: 'ax devices add --bundle @south.bundle --name south --role operator',
    exits: lawExit,
    run: addDevice,
  },
  {
    verb: 'remove',
    arguments: '<device>',
    summary: 'Removes a device; its live connections end on every node.',
    example: `ax devices remove ${examplePeer}`,
    exits: lawExit,
    run: removeDevice,
  },
  {
    verb: 'ls',
    summary: 'The devices of a team.',
    example: 'ax devices ls',
    run: listDevices,
  },
  {
    verb: 'show',
    arguments: '<device>',
    summary: 'One device of a team.',
    example: 'ax devices show hub',
    run: showDevice,
  },
  ...deviceKeyLeaves,
]

async function showId(session: Session, input: Input): Promise<Outcome> {
  const answer = await session.call('devices.id', {}, input.optional('node'))
  return { result: answer, view: fields({ Device: answer.device, PeerId: answer.peer }), names: [answer.device] }
}

async function showBundle(session: Session, input: Input): Promise<Outcome> {
  const format = (input.optional('format') ?? 'text') as 'text' | 'json' | 'cbor'
  const answer = await session.call('devices.keybundle', { format }, input.optional('node'))
  return { result: answer, view: text(answer.bundle), names: [answer.bundle] }
}

async function addDevice(session: Session, input: Input): Promise<Outcome> {
  const role = input.optional('role')
  const epochs = epochsGiven(input)
  const result = await session.call('devices.add', {
    ...ofTeam(session),
    bundle: (await readArgument(session, input.text('bundle'))).trim(),
    name: input.text('name'),
    force: session.settled.force,
    ...(role === undefined ? {} : { role }),
    ...(epochs === undefined ? {} : { epochs }),
  })
  return {
    result,
    view: fields({ Device: result.device, PeerId: result.peer, Team: result.team, Command: result.command }),
    names: [result.device],
  }
}

async function removeDevice(session: Session, input: Input): Promise<Outcome> {
  const request = { ...ofTeam(session), device: input.text('device'), force: session.settled.force }
  const result = await session.call('devices.remove', request)
  const cut = result.cut === 0 ? '' : ` Connections cut here: ${String(result.cut)}, after ${String(result.ms)} ms.`
  return { result, view: text(`Removed ${result.device} from ${result.team}.${cut}`), names: [result.command] }
}

async function listDevices(session: Session): Promise<Outcome> {
  const answer = await session.call('devices.ls', ofTeam(session))
  return { result: answer, view: devicesView(answer.devices), names: answer.devices.map(({ peer }) => peer) }
}

async function showDevice(session: Session, input: Input): Promise<Outcome> {
  const device = await session.call('devices.show', { ...ofTeam(session), device: input.text('device') })
  return {
    result: device,
    view: fields({
      PeerId: device.peer,
      Device: device.device,
      Name: device.name,
      Role: device.role,
      Rank: device.rank,
      Generation: device.generation,
      'Added by': device.addedBy,
      'This device': device.you,
      Connected: device.you ? undefined : device.connected,
      Permissions: device.permissions.join(' '),
      Labels: device.labels.map(({ label, op }) => `${label} (${op})`).join(', '),
      'Network name': device.networkName,
      'Signing keys': device.signingKeys.join('\n'),
      'Encryption keys': device.encryptionKeys.join('\n'),
      Team: device.team,
    }),
    names: [device.peer],
  }
}

/** Devices for people: the PeerId first, it is the one id they see elsewhere too. */
export function devicesView(devices: readonly Device[]): View {
  const head = ['PEER', 'NAME', 'ROLE', 'CONNECTED', 'DEVICE', 'GENERATION', 'ADDED BY']
  const rows = devices.map((device) => [
    device.peer,
    device.name,
    device.role,
    device.you ? 'this one' : device.connected,
    device.device,
    device.generation,
    device.addedBy,
  ])
  return table(head, rows, { empty: 'no devices', wide: ['DEVICE', 'GENERATION', 'ADDED BY'] })
}

function ofTeam(session: Session): { team?: string } {
  return session.settled.team === undefined ? {} : { team: session.settled.team }
}
