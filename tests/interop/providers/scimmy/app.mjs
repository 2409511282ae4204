// SCIMMY with scimmy-routers on express: they speak SCIM, and this keeps what they are given in memory.
import {randomUUID} from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const port = Number(process.argv[2]);
const token = process.env.SP_TOKEN;

function kept(type, unique) {
    const rows = new Map();
    const row = id => {
        if (!rows.has(id)) throw new SCIMMY.Types.Error(404, null, `${type} ${id} not found`);
        return rows.get(id);
    };
    const same = (one, other) => String(one).toLowerCase() === String(other).toLowerCase();
    return [
        resource => (resource.id ? row(resource.id) : resource.filter ? resource.filter.match([...rows.values()]) : [...rows.values()]),
        (resource, given) => {
            const before = resource.id ? row(resource.id) : null;
            const taken = [...rows.values()].some(other => other.id !== before?.id && same(other[unique], given[unique]));
            if (taken) throw new SCIMMY.Types.Error(409, "uniqueness", `${unique} is taken`);
            const now = new Date().toISOString();
            const id = before?.id ?? randomUUID();
            const meta = {created: before?.meta.created ?? now, lastModified: now};
            rows.set(id, {...JSON.parse(JSON.stringify(given)), id, meta});
            return rows.get(id);
        },
        resource => void rows.delete(row(resource.id).id),
    ];
}

function declare(resource, unique) {
    const [read, write, remove] = kept(resource.name, unique);
    SCIMMY.Resources.declare(resource).egress(read).ingress(write).degress(remove);
}

SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false);
declare(SCIMMY.Resources.User, "userName");
declare(SCIMMY.Resources.Group, "displayName");

const routers = new SCIMMYRouters({
    type: "bearer",
    baseUri: request => `http://${request.headers.host}`,
    handler: request => {
        if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("wrong bearer token");
        return "provisor";
    },
});
express().use("/scim", routers).listen(port, "127.0.0.1");
