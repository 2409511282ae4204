// SAML Jackson (Ory Polis): its directory sync behind one express route, kept in memory.
// Its SCIM face never shows a group's members: /inspect/groups/ID/members tells them from its own interface.
const express = require("express");
const {controllers} = require("@boxyhq/saml-jackson");

const port = Number(process.argv[2]);
const token = process.env.SP_TOKEN;
const number = text => (text === undefined ? undefined : Number(text));

async function start() {
    const {directorySyncController: sync} = await controllers({
        externalUrl: `http://127.0.0.1:${port}`,
        samlPath: "/saml",
        scimPath: "/scim",
        noAnalytics: true,
        openid: {},
        db: {engine: "mem"},
        logger: {info() {}, warn: console.warn, error: console.error},
    });
    const made = await sync.directories.create({tenant: "interop", product: "interop", name: "interop", type: "generic-scim-v2"});
    const directory = made.data;
    const secretFor = request => (request.header("Authorization") === `Bearer ${token}` ? directory.scim.secret : "");

    async function scim(request, response) {
        const {count, startIndex, filter} = request.query;
        const told = await sync.requests.handle({
            method: request.method,
            directoryId: directory.id,
            resourceType: request.params.type,
            resourceId: request.params.id,
            body: request.body && Object.keys(request.body).length ? request.body : undefined,
            apiSecret: secretFor(request),
            query: {count: number(count), startIndex: number(startIndex), filter},
        }, async () => undefined);
        response.status(told.status).json(told.data);
    }

    async function members(request, response) {
        sync.groups.setTenantAndProduct("interop", "interop");
        const found = await sync.groups.getGroupMembers({groupId: request.params.id, pageOffset: 0, pageLimit: 50});
        response.json(found.data.map(member => member.user_id));
    }

    const failed = response => error => response.status(500).json({error: {message: error.message}});
    const app = express();
    app.use(express.json({type: ["application/json", "application/scim+json"], limit: "20mb"}));
    app.get("/inspect/groups/:id/members", (request, response) => members(request, response).catch(failed(response)));
    app.all(["/scim/:type", "/scim/:type/:id"], (request, response) => scim(request, response).catch(failed(response)));
    app.listen(port, "127.0.0.1");
}

start();
