import type { OperationOutput } from '../../operations/index.ts'
import type { Input, Leaf } from '../grammar.ts'
import { fields, type Outcome } from '../outcome.ts'
import type { Session } from '../session.ts'

type Changes = OperationOutput<'devices.add-key'>['teams']

const lawExit = { 10: "the team's law refuses" }

/** Verbs of `ax devices` about keys. */
export const deviceKeyLeaves: readonly Leaf[] = [
  {
    verb: 'add-key',
    arguments: '[node]',
    summary: 'Makes new keys for this device beside the old ones, and announces them in all its teams.',
    example: 'ax devices add-key',
    exits: { 10: 'four active keys already: retire one first' },
    run: addKey,
  },
  {
    verb: 'retire-key',
    arguments: '<device> [key]',
    summary: 'Retires a key of this device, given alone, or of another device: it is used no more.',
    options: [
      {
        flags: '--compromised',
        summary: 'somebody else has it: what it signed beside this is void, the epoch rotates',
      },
    ],
    example: 'ax devices retire-key 5f2c9a0b11223344 --compromised',
    exits: lawExit,
    run: retireKey,
  },
]

/** Verb of `ax teams`. */
export const rotateKeyLeaf: Leaf = {
  verb: 'rotate-key',
  arguments: '[team]',
  summary: 'Makes a new epoch key for the present members.',
  example: 'ax teams rotate-key',
  exits: lawExit,
  run: rotateKey,
}

async function addKey(session: Session, input: Input): Promise<Outcome> {
  const result = await session.call('devices.add-key', {}, input.optional('node'))
  return {
    result,
    view: fields({
      Device: result.device,
      'Signing key': result.signingKey,
      'Encryption key': result.encryptionKey,
      Teams: describe(result.teams),
    }),
    names: [result.signingKey, result.encryptionKey],
    notices: waiting(result.teams),
  }
}

/** `retire-key KEY` is about this device, `retire-key DEVICE KEY` about another. */
async function retireKey(session: Session, input: Input): Promise<Outcome> {
  const second = input.optional('key')
  const named = second === undefined ? {} : { device: input.text('device') }
  const { team, force } = session.settled
  const result = await session.call('devices.retire-key', {
    ...named,
    ...(team === undefined ? {} : { team }),
    key: second ?? input.text('device'),
    compromised: input.flag('compromised'),
    force,
  })
  return {
    result,
    view: fields({ Device: result.device, Key: result.key, Reason: result.reason, Teams: describe(result.teams) }),
    names: [result.key],
    notices: waiting(result.teams),
  }
}

async function rotateKey(session: Session, input: Input): Promise<Outcome> {
  const team = input.optional('team') ?? session.settled.team
  const request = { ...(team === undefined ? {} : { team }), force: session.settled.force }
  const result = await session.call('teams.rotate-key', request)
  const { recipients } = result
  return {
    result,
    view: fields({ Epoch: result.epoch, Recipients: recipients, Team: result.team, Command: result.command }),
    names: [result.epoch],
  }
}

function describe(teams: Changes): string {
  return teams.length === 0
    ? 'none'
    : teams.map(({ team, command, code }) => `${team} ${command ?? code ?? ''}`).join('\n')
}

function waiting(teams: Changes): string[] {
  const late = teams.filter(({ command }) => command === null)
  return late.map(
    ({ team, code }) => `Note: ${team} takes it later (${code ?? ''}): another member must be heard first.`,
  )
}
