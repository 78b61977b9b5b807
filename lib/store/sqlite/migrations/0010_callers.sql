-- As whom an install's app may call besides its API keys.
ALTER TABLE install ADD COLUMN token_issuer TEXT NOT NULL DEFAULT '';
ALTER TABLE install ADD COLUMN token_subject TEXT NOT NULL DEFAULT '';
ALTER TABLE install ADD COLUMN token_audience TEXT NOT NULL DEFAULT '';
ALTER TABLE install ADD COLUMN token_accept_all_apis INTEGER NOT NULL DEFAULT 0;
ALTER TABLE install ADD COLUMN certificate_san TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX install_by_token ON install (token_issuer, token_subject) WHERE token_issuer <> '';
CREATE UNIQUE INDEX install_by_certificate ON install (certificate_san) WHERE certificate_san <> '';
