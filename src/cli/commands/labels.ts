import type { Input, Leaf } from '../grammar.ts'
import { table, text, type Outcome } from '../outcome.ts'
import type { Session } from '../session.ts'

const lawExit = { 10: "the team's law refuses" }

export const labelsLeaves: readonly Leaf[] = [
  {
    verb: 'create',
    arguments: '<label>',
    summary: 'Defines a label: what devices may send and receive on.',
    example: 'ax labels create telemetry',
    exits: lawExit,
    run: (session, input) => define(session, input, 'labels.create'),
  },
  {
    verb: 'delete',
    arguments: '<label>',
    summary: 'Deletes a label; its assignments go with it.',
    example: 'ax labels delete telemetry',
    exits: lawExit,
    run: (session, input) => define(session, input, 'labels.delete'),
  },
  {
    verb: 'assign',
    arguments: '<device> <label>',
    summary: 'Lets a device send, receive, or both, on a label.',
    options: [{ flags: '--op <op>', summary: 'send, recv or send-recv (send-recv)' }],
    example: 'ax labels assign south telemetry --op send',
    exits: lawExit,
    run: assign,
  },
  {
    verb: 'revoke',
    arguments: '<device> <label>',
    summary: 'Takes a label from a device.',
    example: 'ax labels revoke south telemetry',
    exits: lawExit,
    run: revoke,
  },
  {
    verb: 'ls',
    summary: 'The labels of a team, and which devices hold them.',
    example: 'ax labels ls',
    run: list,
  },
]

async function define(session: Session, input: Input, operation: 'labels.create' | 'labels.delete'): Promise<Outcome> {
  const result = await session.call(operation, { ...ofTeam(session), label: input.text('label') })
  const did = operation === 'labels.create' ? 'Created' : 'Deleted'
  return { result, view: text(`${did} the label ${result.label}.`), names: [result.command] }
}

async function assign(session: Session, input: Input): Promise<Outcome> {
  const op = input.optional('op') as 'send' | 'recv' | 'send-recv' | undefined
  const result = await session.call('labels.assign', {
    ...ofTeam(session),
    device: input.text('device'),
    label: input.text('label'),
    ...(op === undefined ? {} : { op }),
  })
  return {
    result,
    view: text(`${result.device} now has the label ${result.label} (${result.op}).`),
    names: [result.command],
  }
}

async function revoke(session: Session, input: Input): Promise<Outcome> {
  const result = await session.call('labels.revoke', {
    ...ofTeam(session),
    device: input.text('device'),
    label: input.text('label'),
  })
  return {
    result,
    view: text(`${result.device} no longer has the label ${result.label}.`),
    names: [result.command],
  }
}

async function list(session: Session): Promise<Outcome> {
  const { team } = session.settled
  const answer = await session.call('labels.ls', team === undefined ? {} : { team })
  const rows = answer.labels.map(({ label, devices, createdBy }) => [
    label,
    devices.map(({ device, name, op }) => `${name === '' ? device : name} (${op})`).join(', '),
    createdBy,
  ])
  return {
    result: answer,
    view: table(['LABEL', 'DEVICES', 'CREATED BY'], rows, { empty: 'no labels', wide: ['CREATED BY'] }),
    names: answer.labels.map(({ label }) => label),
  }
}

function ofTeam(session: Session): { team?: string; force: boolean } {
  const { team, force } = session.settled
  return team === undefined ? { force } : { team, force }
}
