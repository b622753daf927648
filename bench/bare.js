// The yardstick: node:http and the MongoDB driver, one plain operation per request, no validation, no events.
const { createServer } = require('node:http');
const os = require('node:os');
const { randomUUID } = require('node:crypto');
const { mongo } = require('mongoose');

const [, , uri, port] = process.argv;

const body = (request) => new Promise((resolve) => {
  let text = '';
  request.on('data', (chunk) => { text += chunk; });
  request.on('end', () => resolve(JSON.parse(text)));
});

async function main() {
  const client = await new mongo.MongoClient(uri, { runtimeAdapters: { os }, writeConcern: { w: 'majority' } }).connect();
  const categories = client.db().collection('category');
  const send = (response, status, value) => {
    const text = JSON.stringify(value);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
  };
  createServer(async (request, response) => {
    const url = new URL(request.url, 'http://bare');
    const id = url.pathname.split('/')[2];
    if (request.method === 'POST') {
      const document = { _id: randomUUID(), ...await body(request) };
      await categories.insertOne(document);
      send(response, 201, document);
    } else if (request.method === 'PATCH') {
      send(response, 200, await categories.findOneAndUpdate({ _id: id }, { $set: await body(request) }, { returnDocument: 'after' }));
    } else if (id) send(response, 200, await categories.findOne({ _id: id }));
    else if (url.searchParams.has('name')) send(response, 200, await categories.find({ name: url.searchParams.get('name') }).limit(100).toArray());
    else if (url.searchParams.has('filter')) send(response, 200, await categories.find({ productOffering: { $elemMatch: { name: 'owner', id: url.searchParams.get('filter') } } }).limit(100).toArray());
    else send(response, 200, await categories.find({}).sort({ _id: 1 }).limit(20).toArray());
  }).listen(Number(port), '127.0.0.1', () => console.log('ready'));
}
main();
