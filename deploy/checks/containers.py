"""What schemas can't say of the compose file and the Kubernetes manifests: names that belong together, images that are pinned, pods that
the level "restricted" takes. Ends with 1 and says what is wrong."""

import re
import sys
from pathlib import Path

import yaml

DEPLOY = Path(__file__).resolve().parent.parent
WRONG: list[str] = []
# Made by hand for the occasion.
RESTORE = "restore.yaml"


def wrong(where: str, what: str) -> None:
    WRONG.append(f"{where}: {what}")


def is_pinned(image: str) -> bool:
    """Whether an image names a version: a tag with a digit that is not `latest`."""
    name, _, tag = image.rpartition(":")
    return bool(name) and "/" not in tag and any(c.isdigit() for c in tag)


def compose() -> None:
    where = "compose.yaml"
    text = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text())
    named = {kind: set(text.get(kind) or {}) for kind in ("networks", "secrets", "configs", "volumes")}
    used: dict[str, set[str]] = {kind: set() for kind in named}
    for name, service in text["services"].items():
        place = f"{where}, {name}"
        if not is_pinned(service["image"]):
            wrong(place, f"image {service['image']} names no version")
        if "no-new-privileges:true" not in service.get("security_opt", []) or service.get("cap_drop") != ["ALL"]:
            wrong(place, "keeps privileges")
        for port in service.get("ports", []):
            if not str(port).startswith("127.0.0.1:"):
                wrong(place, f"port {port} is open beyond this machine")
        used["networks"] |= set(service.get("networks", []))
        used["secrets"] |= {s if isinstance(s, str) else s["source"] for s in service.get("secrets", [])}
        used["configs"] |= {c if isinstance(c, str) else c["source"] for c in service.get("configs", [])}
        used["volumes"] |= {v.split(":")[0] for v in service.get("volumes", []) if isinstance(v, str) and v[0] not in "./$"}
        for other in service.get("depends_on", {}):
            if other not in text["services"]:
                wrong(place, f"depends on {other}, which is not there")
    for kind, names in named.items():
        for name in names ^ used[kind]:
            wrong(where, f"{kind} {name} is used and not defined, or the other way round")
    if text["networks"]["inside"].get("internal") is not True:
        wrong(where, "the network of ledger and objects is not internal")
    monitor = text["services"]["monitor"]
    if not monitor.get("read_only") or monitor.get("user") != "10001:10001":
        wrong(where, "the service runs as root or writes its root")
    for name, config in text["configs"].items():
        if not (DEPLOY / "compose" / config["file"]).is_file():
            wrong(where, f"config {name}: there is no {config['file']}")
    owners = made_by_prepare()
    for name in named["secrets"] - set(owners):
        wrong(where, f"deploy/compose/prepare does not make the secret {name}")
    for name, service in text["services"].items():
        uid, gid = (int(number) for number in service.get("user", "0:0").split(":"))
        if "seaweedfs" in service["image"] and uid != 1000:
            wrong(f"{where}, {name}", "is not the user of the image, which it can't become without capabilities")
        for secret in set(service.get("secrets", [])) & set(owners):
            owner, group, mode = owners[secret]
            if not (mode & 0o400 if owner == uid else mode & 0o040 and group == gid):
                wrong(f"{where}, {name}", f"user {uid}:{gid} can't read the secret {secret}, which is {owner}:{group} {mode:o}")
            if mode & 0o007:
                wrong(f"{where}, {name}", f"everybody can read the secret {secret}")
    mounted = {f"/run/secrets/{name}" for name in monitor["secrets"]}
    service_toml((DEPLOY / "compose/config/service.toml"), mounted)


def made_by_prepare() -> dict[str, tuple[int, int, int]]:
    """Owner, group and mode of each secret, as `make NAME OWNER MODE` in deploy/compose/prepare has them."""
    made = (DEPLOY / "compose/prepare").read_text()
    found = re.findall(r"\bmake ([\w-]+) (\d+):(\d+) (0\d+)\b", made)
    return {name: (int(owner), int(group), int(mode, 8)) for name, owner, group, mode in found}


def service_toml(path: Path, mounted: set[str] | None) -> None:
    """Secrets that a configuration names are mounted."""
    for file in re.findall(r"/run/secrets/[\w./-]+", path.read_text()):
        if mounted is not None and file not in mounted:
            wrong(str(path.relative_to(DEPLOY)), f"{file} is not mounted")


def documents() -> list[tuple[str, dict]]:
    folder = DEPLOY / "kubernetes"
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    found = []
    for name in kustomization["resources"]:
        if not (folder / name).is_file():
            wrong("kustomization.yaml", f"there is no {name}")
            continue
        found += [(name, document) for document in yaml.safe_load_all((folder / name).read_text())]
    left = {path.name for path in folder.glob("*.yaml")} - set(kustomization["resources"]) - {"kustomization.yaml", RESTORE}
    for name in left:
        wrong("kustomization.yaml", f"{name} is no resource of it")
    # Two files are copied beside the third, as the README says.
    copied = {"config/regions.toml", "config/disclosure.toml"}
    readme = (folder / "README.md").read_text()
    for generator in kustomization["configMapGenerator"]:
        for file in generator["files"]:
            if not (folder / file).is_file() and not (file in copied and file.removeprefix("config/") in readme):
                wrong("kustomization.yaml", f"there is no {file}")
    found += [(RESTORE, document) for document in yaml.safe_load_all((folder / RESTORE).read_text())]
    images = {image["name"]: image for image in kustomization["images"]}
    for name, document in found:
        for pod in pods(document):
            for container in pod["containers"] + pod.get("initContainers", []):
                image = container["image"]
                if not is_pinned(image) and not str(images.get(image, {}).get("newTag", "")).strip():
                    wrong(name, f"image {image} names no version")
    return found


def pods(document: dict) -> list[dict]:
    if document["kind"] == "Deployment":
        return [document["spec"]["template"]["spec"]]
    if document["kind"] == "CronJob":
        return [document["spec"]["jobTemplate"]["spec"]["template"]["spec"]]
    return [document["spec"]] if document["kind"] == "Pod" else []


def restricted(name: str, pod: dict) -> None:
    """Pod Security Standards, level restricted, and what we add: a read-only root, limits of memory, no token."""
    context = pod.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
        wrong(name, "runs as root")
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        wrong(name, "has no seccomp profile")
    if pod.get("automountServiceAccountToken") is not False:
        wrong(name, "gets a token of the cluster")
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            wrong(name, f"has {field}")
    allowed = {"configMap", "secret", "emptyDir", "persistentVolumeClaim", "projected", "downwardAPI", "csi", "ephemeral"}
    volumes = {volume["name"] for volume in pod.get("volumes", [])}
    for volume in pod.get("volumes", []):
        if not (set(volume) - {"name"}) <= allowed:
            wrong(name, f"volume {volume['name']} is of a kind that is not allowed")
        if "secret" in volume and volume["secret"].get("defaultMode") != 0o440:
            wrong(name, "secrets are open to more than the group")
    for container in pod["containers"] + pod.get("initContainers", []):
        own = container.get("securityContext", {})
        place = f"{name}, {container['name']}"
        if own.get("allowPrivilegeEscalation") is not False or own.get("capabilities") != {"drop": ["ALL"]}:
            wrong(place, "keeps privileges")
        if own.get("readOnlyRootFilesystem") is not True:
            wrong(place, "writes its root")
        if "memory" not in container.get("resources", {}).get("limits", {}):
            wrong(place, "has no limit of memory")
        for mount in container.get("volumeMounts", []):
            if mount["name"] not in volumes:
                wrong(place, f"mounts {mount['name']}, which is not there")


def kubernetes() -> None:
    found = documents()
    crons = {document["metadata"]["name"]: document for _, document in found if document["kind"] == "CronJob"}
    one = {document["kind"]: document for _, document in found if document["kind"] not in ("PersistentVolumeClaim", "CronJob")}
    for name, document in found:
        for pod in pods(document):
            restricted(name, pod)
            if pod["serviceAccountName"] != one["ServiceAccount"]["metadata"]["name"]:
                wrong(name, "has a service account that is not there")
    template = one["Deployment"]["spec"]["template"]
    labels = template["metadata"]["labels"]
    selectors = {
        "Deployment": one["Deployment"]["spec"]["selector"]["matchLabels"],
        "Service": one["Service"]["spec"]["selector"],
        "PodDisruptionBudget": one["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        "NetworkPolicy": one["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    }
    for kind, selector in selectors.items():
        if not selector.items() <= labels.items():
            wrong(kind, "selects other pods than those of the deployment")
    others = {name: cron["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"] for name, cron in crons.items()}
    others[RESTORE] = one["Pod"]["metadata"]["labels"]
    for name, own in others.items():
        if selectors["Service"].items() <= own.items():
            wrong("Service", f"would send requests to {name}")
        if not selectors["NetworkPolicy"].items() <= own.items():
            wrong("NetworkPolicy", f"does not hold for {name}")
    if one["Deployment"]["spec"]["replicas"] < 2 or one["PodDisruptionBudget"]["spec"]["minAvailable"] >= one["Deployment"]["spec"]["replicas"]:
        wrong("Deployment", "has no second instance, or its budget lets none go")
    service = template["spec"]["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in service["ports"]}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        if service[probe]["httpGet"]["port"] not in ports:
            wrong("Deployment", f"{probe} asks a port that is not there")
    if service["livenessProbe"]["httpGet"]["path"] != "/health/live":
        wrong("Deployment", "a store that is gone would restart it")
    toml = (DEPLOY / "kubernetes/config/service.toml").read_text()
    if f":{ports['http']}\"" not in toml:
        wrong("Deployment", "the configuration listens elsewhere")
    ledger = re.search(r'url = "(postgres[^"]+)"', toml)
    dump = crons["vt-monitor-backup"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["initContainers"][0]
    for name, container in (("backup.yaml", dump), (RESTORE, one["Pod"]["spec"]["initContainers"][0])):
        if not ledger or ledger.group(1) not in [variable["value"] for variable in container["env"]]:
            wrong(name, "takes another ledger than the configuration names")
    mounts = {mount["mountPath"] for mount in service["volumeMounts"]}
    for path in re.findall(r"/run/secrets/[\w./-]+", toml):
        if not any(path.startswith(f"{mount}/") for mount in mounts):
            wrong("Deployment", f"{path} is not mounted")


compose()
kubernetes()
if WRONG:
    sys.exit("\n".join(WRONG))
