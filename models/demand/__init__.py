"""Demand: care pathway, forecast, scenario draws, backtest."""
