/// The noise of a gradient estimator against its signal, trCov/|g|²: the gradient noise scale.
///
/// McCandlish (2018), equation 2.9: the number of samples whose mean has as much noise as signal.
/// Infinite where the gradient is zero and the noise is not; NaN where both are zero.
public func noiseToSignal(covarianceTrace: Double, squaredNorm: Double) -> Double {
  covarianceTrace / squaredNorm
}

/// The signal of a gradient estimator against its noise, |g|²/trCov.
public func signalToNoise(covarianceTrace: Double, squaredNorm: Double) -> Double {
  squaredNorm / covarianceTrace
}
