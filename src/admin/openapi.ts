import * as z from 'zod'
import { operations, rowOf, type OperationName } from '../operations/index.ts'

/** OpenAPI 3.1 of the HTTP door, printed from the table of operations. */
export function openApiDocument(version: string): Record<string, unknown> {
  const names = Object.keys(operations) as OperationName[]
  return {
    openapi: '3.1.0',
    info: {
      title: 'Hyrax node',
      version,
      description: 'Every operation is a POST with the header X-Hyrax: 1 and a JSON body. Loopback only.',
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    paths: Object.fromEntries(names.map((name) => [`/api/v1/${name}`, { post: operationObject(name) }])),
    components: { schemas: { Failure: failureSchema } },
  }
}

function operationObject(name: OperationName): Record<string, unknown> {
  const { summary, right, streaming, input, output } = rowOf(name)
  const result = { type: 'object', properties: { code: { const: 'OK' }, result: jsonSchema(output(), 'output') } }
  return {
    operationId: name,
    summary,
    description: `Needs the right ${right}.${streaming ? ' Answers in JSON Lines; the last line has the code alone.' : ''}`,
    parameters: [{ name: 'X-Hyrax', in: 'header', required: true, schema: { const: '1' } }],
    requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(input(), 'input') } } },
    responses: {
      200: { description: 'Done.', content: { 'application/json': { schema: result } } },
      default: {
        description: 'A code, its text and its data.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
      },
    },
  }
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io })
  return rest
}

const failureSchema = {
  type: 'object',
  required: ['code', 'message'],
  properties: {
    code: { type: 'string' },
    message: { type: 'string' },
    hint: { type: 'string' },
    data: { type: 'object' },
  },
}
