import * as z from 'zod'
import { operation } from './operation.ts'
import { commandId, deviceText, teamText } from './shapes.ts'

const labelText = () => z.string().min(1).max(128)
/** A DNS name or an IPv4 address, in any spelling. */
const networkName = () => z.string().min(1).max(512)
/** The operator insists, although another copy of this device may know more (`TEAM.md` 6). */
const force = () => z.boolean().default(false)

export const labelsOperations = {
  'labels.create': operation({
    summary: 'Defines a label: what devices may send and receive on.',
    right: 'admin:team',
    input: () => z.strictObject({ team: teamText(), label: labelText(), force: force() }),
    output: () => commandId().extend({ label: z.string() }),
  }),
  'labels.delete': operation({
    summary: 'Deletes a label; its assignments go with it.',
    right: 'admin:team',
    input: () => z.strictObject({ team: teamText(), label: labelText(), force: force() }),
    output: () => commandId().extend({ label: z.string() }),
  }),
  'labels.assign': operation({
    summary: 'Lets a device send, receive, or both, on a label.',
    right: 'admin:team',
    input: () =>
      z.strictObject({
        team: teamText(),
        device: deviceText(),
        label: labelText(),
        op: z.enum(['send', 'recv', 'send-recv']).default('send-recv'),
        force: force(),
      }),
    output: () => commandId().extend({ device: z.string(), label: z.string(), op: z.string() }),
  }),
  'labels.revoke': operation({
    summary: 'Takes a label from a device.',
    right: 'admin:team',
    input: () => z.strictObject({ team: teamText(), device: deviceText(), label: labelText(), force: force() }),
    output: () => commandId().extend({ device: z.string(), label: z.string() }),
  }),
  'labels.ls': operation({
    summary: 'The labels of a team, and which devices hold them.',
    right: 'admin:read',
    input: () => z.strictObject({ team: teamText() }),
    output: () =>
      z.object({
        team: z.string(),
        labels: z.array(
          z.object({
            label: z.string(),
            createdBy: z.string(),
            devices: z.array(z.object({ device: z.string(), name: z.string(), op: z.string() })),
          }),
        ),
      }),
  }),
}

/** A device and what it is called in the network. */
const nameShape = () =>
  z.object({
    name: z.string(),
    device: z.string(),
    peer: z.string(),
    deviceName: z.string(),
  })

export const namesOperations = {
  'names.assign': operation({
    summary: 'Gives a device a network name; an older one of it is replaced.',
    right: 'admin:team',
    input: () => z.strictObject({ team: teamText(), device: deviceText(), name: networkName(), force: force() }),
    output: () => commandId().extend({ device: z.string(), name: z.string() }),
  }),
  'names.revoke': operation({
    summary: 'Takes its network name from a device.',
    right: 'admin:team',
    input: () => z.strictObject({ team: teamText(), device: deviceText(), name: networkName(), force: force() }),
    output: () => commandId().extend({ device: z.string(), name: z.string() }),
  }),
  'names.ls': operation({
    summary: 'The network names of a team.',
    right: 'admin:read',
    input: () => z.strictObject({ team: teamText() }),
    output: () => z.object({ team: z.string(), names: z.array(nameShape()) }),
  }),
  'names.show': operation({
    summary: 'Which device has a network name, or which name a device has.',
    right: 'admin:read',
    input: () => z.strictObject({ team: teamText(), what: networkName() }),
    output: () => nameShape().extend({ team: z.string() }),
  }),
}
