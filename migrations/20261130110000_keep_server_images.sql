-- The image that an MCP server announces of itself, made again by the hub. Pages show it in the place of two letters.
ALTER TABLE connector_discoveries
    ADD COLUMN image bytea CHECK (octet_length(image) BETWEEN 1 AND 65536),
    ADD COLUMN image_digest text GENERATED ALWAYS AS (left(encode(sha256(image), 'hex'), 16)) STORED;
COMMENT ON COLUMN connector_discoveries.image IS 'Image of the server as a PNG that the hub has made, at most 112 pixels wide and high; null if it announces none that the hub can read.';
COMMENT ON COLUMN connector_discoveries.image_digest IS 'Beginning of the SHA-256 of the image, in its address; null without an image.';
