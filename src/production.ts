/** Libraries make extra checks unless NODE_ENV is "production"; these cost a tenth of every request. */
process.env.NODE_ENV ??= "production";
