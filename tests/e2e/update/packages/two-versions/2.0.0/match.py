# Databricks notebook source
two = 2
