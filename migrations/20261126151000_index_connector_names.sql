-- The catalogue is read in this order, a page at a time.
CREATE INDEX connectors_by_name ON connectors (lower(name), id) WHERE is_active;
