import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { openApiDocument } from '../../../src/admin/index.ts'
import { operations } from '../../../src/operations/index.ts'

interface Post {
  readonly post: { readonly requestBody: { content: { 'application/json': { schema: Record<string, unknown> } } } }
}

describe('the OpenAPI page', () => {
  const page = openApiDocument('1.2.3') as { paths: Record<string, Post>; info: { version: string } }

  it('has one POST for every operation', () => {
    expect(Object.keys(page.paths)).toEqual(Object.keys(operations).map((name) => `/api/v1/${name}`))
    expect(page.info.version).toBe('1.2.3')
  })

  it('describes inputs as they are checked: defaults may be left out, strangers may not come in', () => {
    const schema = page.paths['/api/v1/settings.get']?.post.requestBody.content['application/json'].schema ?? {}
    const validate = new Ajv2020({ strict: false }).compile(schema)
    expect([{ scope: '.' }, {}, { scope: '.', more: 1 }].map((input) => validate(input))).toEqual([true, false, false])
  })
})
