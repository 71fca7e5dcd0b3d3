import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type PythonEnvironment, pythonEnvironment } from './python.ts';

/** A certificate that nobody vouches for but itself, and its key. */
export interface Certificate {
  key: Buffer;
  cert: Buffer;
  /** PEM of the certificate. */
  certFile: string;
  /** PEM of both, as MLFLOW_TRACKING_CLIENT_CERT_PATH wants it. */
  bothFile: string;
}

const MAKE = `
import datetime, ipaddress, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
folder, host = sys.argv[1:]
key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
now = datetime.datetime.now(datetime.timezone.utc)
names = x509.SubjectAlternativeName([x509.DNSName(host), x509.IPAddress(ipaddress.ip_address('127.0.0.1'))])
certificate = (
    x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    .serial_number(x509.random_serial_number())
    .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=2))
    .add_extension(names, critical=False).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    .sign(key, hashes.SHA256())
)
key_pem = key.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
cert_pem = certificate.public_bytes(serialization.Encoding.PEM)
for suffix, content in ('.key.pem', key_pem), ('.cert.pem', cert_pem), ('.both.pem', cert_pem + key_pem):
    open(folder + '/' + host + suffix, 'wb').write(content)
`;

/**
 * Makes a certificate for `host` and 127.0.0.1 in `folder`.
 * @param python an environment that has the package cryptography
 */
export function makeCertificate(folder: string, host: string, python: PythonEnvironment): Certificate {
  execFileSync(pythonEnvironment(python), ['-c', MAKE, folder, host]);
  const fileOf = (part: string) => path.join(folder, `${host}.${part}.pem`);
  return {
    key: readFileSync(fileOf('key')),
    cert: readFileSync(fileOf('cert')),
    certFile: fileOf('cert'),
    bothFile: fileOf('both'),
  };
}
