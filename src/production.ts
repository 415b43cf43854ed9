/** Libraries check their arguments twice unless they are told that this is no development: it costs a tenth of every request. */
process.env.NODE_ENV ??= "production";
